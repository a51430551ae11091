// A field that offers what it may hold, after the ARIA pattern of a combobox with a list. The options come by htmx into
// the list that `data-combobox` names; each has its value in `data-value`. Without this the field is a plain one.
for (const input of document.querySelectorAll('[data-combobox]')) {
  const list = document.getElementById(input.dataset.combobox);
  const found = document.getElementById(`${input.id}-found`);
  let active = -1;
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-controls', list.id);
  list.setAttribute('role', 'listbox');

  const options = () => [...list.querySelectorAll('[role=option]')];
  const open = (isOpen) => {
    list.hidden = !isOpen;
    input.setAttribute('aria-expanded', isOpen);
    if (!isOpen) activate(-1);
  };
  const activate = (place) => {
    active = place;
    options().forEach((option, index) => option.setAttribute('aria-selected', index === place));
    const option = options()[place];
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
    option?.scrollIntoView({ block: 'nearest' });
  };
  const basket = document.getElementById(input.dataset.collects ?? '');
  const pick = (value) => {
    input.value = value;
    open(false);
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };
  // Of a field that collects, what is picked goes into a list, and the field is free for the next.
  const collect = (option) => {
    const { value } = option.dataset;
    const isThere = [...basket.querySelectorAll('input')].some((entry) => entry.value === value);
    if (!isThere) {
      const entry = document.createElement('li');
      const field = Object.assign(document.createElement('input'), { type: 'hidden', name: 'picked', value });
      const leave = Object.assign(document.createElement('button'), { type: 'button', className: 'button', textContent: '×' });
      leave.dataset.kind = 'quiet';
      leave.dataset.size = 'sm';
      const title = option.querySelector('span:last-child').firstChild.textContent.trim();
      leave.setAttribute('aria-label', `${basket.dataset.leaves}: ${title}`);
      entry.append(...[...option.childNodes].map((node) => node.cloneNode(true)), field, leave);
      basket.append(entry);
    }
    pick('');
  };
  const take = (option) => (basket ? collect(option) : pick(option.dataset.value));
  basket?.addEventListener('click', (event) => {
    const leave = event.target.closest('button');
    if (!leave) return;
    leave.closest('li').remove();
    input.focus();
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  open(false);

  list.addEventListener('htmx:afterSwap', () => {
    const count = options().length;
    open(count > 0 && document.activeElement === input);
    found.textContent = input.getAttribute('aria-expanded') === 'true' ? String(count) : '';
  });
  input.addEventListener('keydown', (event) => {
    const count = options().length;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!count) return;
      event.preventDefault();
      if (list.hidden) open(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      activate((active + step + count + (active < 0 && step < 0 ? 1 : 0)) % count);
    } else if (event.key === 'Enter' && !list.hidden && active >= 0) {
      event.preventDefault();
      take(options()[active]);
    } else if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault();
      open(false);
    }
  });
  input.addEventListener('blur', () => open(false));
  list.addEventListener('mousedown', (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role=option]');
    if (option) take(option);
  });

  // What else is offered in the form is put into the field, and not sent at once.
  input.form?.addEventListener('click', (event) => {
    const button = event.target.closest('[data-pick]');
    if (!button) return;
    event.preventDefault();
    pick(button.value);
    input.focus();
  });
  // The values of one field say nothing of another's.
  input.form?.elements.field?.addEventListener('change', () => {
    list.replaceChildren();
    open(false);
  });
}
