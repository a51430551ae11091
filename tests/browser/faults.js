// What looks wrong on a page, as lines of text: shots_of.py asks it of each page.
() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  const isSeen = (element) => {
    const box = element.getBoundingClientRect();
    const isClosed = element.closest("dialog:not([open]), [popover]:not(:popover-open)");
    return box.width > 2 && box.height > 2 && !isClosed && getComputedStyle(element).visibility !== "hidden";
  };
  const named = (element) => {
    const words = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 50);
    return `${element.tagName.toLowerCase()}.${[...element.classList].join(".")} “${words}”`;
  };
  const scrolls = ".table-wrap, .tabs, .code, pre, svg";
  if (document.documentElement.scrollWidth > width) {
    found.push(`the page is ${document.documentElement.scrollWidth - width} px too wide`);
  }
  for (const element of document.querySelectorAll("main *")) {
    const hides = ["hidden", "clip"].includes(getComputedStyle(element).overflowX);
    if (hides && !element.children.length && element.scrollWidth > element.clientWidth + 1 && isSeen(element)) {
      found.push(`cut off: ${named(element)}`);
    }
  }
  for (const card of document.querySelectorAll("main .card")) {
    const edge = card.getBoundingClientRect().right + 2;
    const outside = [...card.querySelectorAll("*")].find(
      (part) => isSeen(part) && !part.closest(scrolls) && part.getBoundingClientRect().right > edge);
    if (isSeen(card) && outside) found.push(`leaves its card: ${named(outside)}`);
  }
  for (const split of document.querySelectorAll("main .split")) {
    const columns = [...split.children].filter(isSeen).map((column) => {
      const last = column.lastElementChild || column;
      return {left: column.getBoundingClientRect().left, bottom: last.getBoundingClientRect().bottom, last};
    });
    const beside = new Set(columns.map((column) => Math.round(column.left))).size > 1;
    if (!beside) continue;
    const bottoms = columns.map((column) => column.bottom);
    const blank = Math.round(Math.max(...bottoms) - Math.min(...bottoms));
    if (blank > 280) {
      const shortest = columns.find((column) => column.bottom === Math.min(...bottoms));
      found.push(`${blank} px blank below ${named(shortest.last)}`);
    }
  }
  return [...new Set(found)].slice(0, 12);
}
