// The front of the sample shop: the basket, which this browser keeps, and the panel of what Forage thinks. Slates, views
// and clicks are forage.js's alone.

const { thoughts: address, visitor, currency } = document.body.dataset;
const find = (selector, root = document) => root.querySelector(selector);
const money = new Intl.NumberFormat(document.documentElement.lang, { style: 'currency', currency });

// The basket: [{item_id, title, picture, price, quantity}], for each visitor.
const place = `demo.basket.${visitor}`;
const readBasket = () => JSON.parse(localStorage.getItem(place) ?? '[]');
function writeBasket(lines) {
  localStorage.setItem(place, JSON.stringify(lines));
  showCount();
}
function showCount() {
  const count = readBasket().reduce((sum, line) => sum + line.quantity, 0);
  const badge = find('[data-basket-count]');
  badge.textContent = count;
  badge.hidden = !count;
}

function add({ forageItem: item_id, foragePrice, title, picture }) {
  const lines = readBasket();
  const line = lines.find((known) => known.item_id === item_id);
  if (line) line.quantity += 1;
  else lines.push({ item_id, title, picture, price: Number(foragePrice) || 0, quantity: 1 });
  writeBasket(lines);
  find('[data-basket-added]').hidden = false;
}

function showBasket() {
  const section = find('[data-basket]');
  if (!section) return;
  const lines = readBasket();
  const list = find('[data-basket-lines]');
  const template = find('template', list);
  const rows = lines.map((line) => {
    const row = document.importNode(template.content.firstElementChild, true);
    row.dataset.forageCartItem = line.item_id;
    find('img', row).src = line.picture;
    find('.name', row).textContent = line.title;
    find('.meta', row).textContent = `${line.quantity} × ${money.format(line.price)}`;
    return row;
  });
  list.replaceChildren(template, ...rows);
  find('[data-basket-total]').textContent = money.format(total(lines));
  section.hidden = !lines.length;
  find('[data-basket-empty]').hidden = Boolean(lines.length) || !find('[data-basket-thanks]').hidden;
}
const total = (lines) => lines.reduce((sum, line) => sum + line.price * line.quantity, 0);

function takeOut(row) {
  const item_id = row.dataset.forageCartItem;
  const line = readBasket().find((known) => known.item_id === item_id);
  window.forage.track('remove_from_cart', { item_id, quantity: line.quantity, price: line.price });
  writeBasket(readBasket().filter((known) => known.item_id !== item_id));
  showBasket();
  window.forage.refresh();
}

function buy() {
  const lines = readBasket();
  const items = lines.map(({ item_id, quantity, price }) => ({ item_id, quantity, price }));
  const order_id = `${visitor}-${Date.now().toString(36)}`;
  window.forage.track('purchase', { items, order_id, value: Number(total(lines).toFixed(2)), currency });
  writeBasket([]);
  find('[data-basket-thanks]').hidden = false;
  showBasket();
  setTimeout(() => window.forage.refresh(), 2000); // when the order has arrived
}

document.addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (button?.matches('[data-basket-add]')) add(button.dataset);
  if (button?.matches('[data-basket-buy]')) buy();
  if (button?.matches('[data-basket-remove]')) takeOut(button.closest('li'));
  if (button) lookAgainSoon();
});
showCount();
showBasket();

// The panel: asked for when a slate is shown, and a few times after each act, until what was sent has arrived.
const panel = find('#thoughts');
const LOOKS_MS = [600, 1500, 3000, 6000];
let shown = '';
let looks = [];

async function look() {
  const response = await fetch(`${address}?slate=${encodeURIComponent(shown)}`);
  if (!response.ok) return;
  const text = await response.text();
  if (text === panel.dataset.text) return;
  panel.dataset.text = text;
  const parsed = new DOMParser().parseFromString(text, 'text/html');
  panel.replaceChildren(...parsed.body.childNodes);
  panel.ariaBusy = 'false';
}
function lookAgainSoon() {
  looks.forEach(clearTimeout);
  looks = LOOKS_MS.map((wait) => setTimeout(() => look().catch(() => {}), wait));
}
document.addEventListener('forage:shown', ({ detail }) => {
  shown = detail.recommendation_id;
  lookAgainSoon();
});
lookAgainSoon();
