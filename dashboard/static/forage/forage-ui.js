// What the design system needs of script: knobs, tabs, copying, toasts, failures of htmx, and dialogs where the browser lacks
// invoker commands. Pages work without it, except for live values.

// Knobs: the live value, the filled track, and the mark "changed" against the published value.
function showKnob(input) {
  const knob = input.closest('.knob');
  const value = Number(input.value);
  knob.querySelector('output').textContent = value.toFixed(2);
  knob.style.setProperty('--fill', (value - input.min) / (input.max - input.min));
  knob.toggleAttribute('data-changed', value !== Number(knob.dataset.published));
}
const showKnobs = (root) => root.querySelectorAll('.knob input[type=range]').forEach(showKnob);
showKnobs(document);
document.addEventListener('input', (event) => event.target.matches('.knob input[type=range]') && showKnob(event.target));
document.addEventListener('htmx:afterSwap', (event) => showKnobs(event.target));
document.addEventListener('reset', (event) => requestAnimationFrame(() => showKnobs(event.target)));

// A row of tabs that scrolls begins where one is.
for (const tab of document.querySelectorAll('.tabs [aria-current]')) {
  const tabs = tab.closest('.tabs');
  tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

// Toasts: the server sends the header HX-Trigger: {"toast": {"message": "…"}}.
const template = (id) => document.getElementById(id)?.content.firstElementChild.cloneNode(true);
function toast(message) {
  const note = template('toast');
  note.querySelector('p').textContent = message;
  note.querySelector('button').addEventListener('click', () => note.remove());
  document.getElementById('toasts').append(note);
  setTimeout(() => note.remove(), 10_000);
}
document.addEventListener('toast', (event) => toast(event.detail.message ?? event.detail.value));

// What is asked for every few seconds is asked for by pages that somebody sees.
document.addEventListener('htmx:beforeRequest', (event) => {
  if (document.hidden && event.detail.elt.matches('[hx-trigger*="every"]')) event.preventDefault();
});

// Failures. A part that could not be loaded says so in its place and offers a retry; a form that was not taken keeps what
// was typed, and the reason comes as a toast.
const sayFailed = (event) => {
  const { target, requestConfig, xhr } = event.detail;
  const said = xhr?.getResponseHeader?.('X-Forage-Error') ? xhr.responseText : null;
  const reason = said && new DOMParser().parseFromString(said, 'text/html').querySelector('p')?.textContent;
  if (requestConfig?.verb !== 'get') return toast(reason ?? template('send-failed').textContent);
  if (requestConfig.elt.matches('[hx-trigger*="every"]')) return; // comes again by itself
  const alert = template('load-failed');
  if (reason) alert.querySelector('p').textContent = reason;
  alert.querySelector('[data-retry]').addEventListener('click', () => {
    alert.remove();
    htmx.ajax('GET', requestConfig.path, { source: requestConfig.elt, target, swap: requestConfig.elt.getAttribute('hx-swap') ?? 'innerHTML' });
  });
  target.replaceChildren(alert);
};
for (const name of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) document.addEventListener(name, sayFailed);

// A picture that does not load gives way to the drawn one, and that to two letters. Errors of images do not bubble.
function replacePicture(image) {
  const { drawn, monogram } = image.dataset;
  if (new URL(drawn, document.baseURI).href === image.src) image.replaceWith(monogram);
  else image.src = drawn;
}
const isPicture = (node) => node instanceof HTMLImageElement && node.dataset.drawn;
document.addEventListener('error', ({ target }) => isPicture(target) && replacePicture(target), true);
for (const image of document.images) if (isPicture(image) && image.complete && !image.naturalWidth) replacePicture(image);

// <button data-print> prints the page.
document.addEventListener('click', (event) => event.target.closest('[data-print]') && print());

// <button data-copy="#id"> copies the text of that element.
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
  toast(button.dataset.copied);
});

// Browsers without invoker commands (commandfor, command="show-modal" and "close").
if (!('commandForElement' in HTMLButtonElement.prototype)) {
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[commandfor]');
    const dialog = button && document.getElementById(button.getAttribute('commandfor'));
    if (button?.getAttribute('command') === 'show-modal') dialog.showModal();
    if (button?.getAttribute('command') === 'close') dialog.close();
  });
}

// Dialogs that the server draws: <button data-dialog> sends its form, a link with hx-target="#dialogs" asks, and what
// comes opens. Without scripts both lead to a page that asks the same.
document.addEventListener('submit', (event) => {
  const button = event.submitter;
  if (!button?.matches('[data-dialog]')) return;
  event.preventDefault();
  htmx.ajax('POST', event.target.action, { source: event.target, target: '#dialogs', values: { [button.name]: button.value } });
});
document.addEventListener('htmx:afterSwap', (event) => event.target.id === 'dialogs' && event.target.querySelector('dialog')?.showModal());

// Leaving with knobs that were moved and not kept asks first; keeping, discarding and where the server leads do not.
let leaves = false;
const isMoved = (input) => Number(input.value).toFixed(2) !== Number(input.form?.elements[`seen-${input.name}`]?.value ?? input.value).toFixed(2);
const isUnsaved = () => [...document.querySelectorAll('[data-asks-before-leaving] .knob input[type=range]')].some(isMoved);
document.addEventListener('submit', (event) => { leaves = !event.defaultPrevented; });
document.addEventListener('click', (event) => { leaves ||= Boolean(event.target.closest('[data-leaves]')); });
document.addEventListener('htmx:beforeOnLoad', (event) => { leaves ||= Boolean(event.detail.xhr.getResponseHeader('HX-Redirect')); });
addEventListener('pageshow', () => { leaves = false; });
addEventListener('beforeunload', (event) => { if (!leaves && isUnsaved()) event.preventDefault(); });
