/* Forage in the pages of a shop: sends what visitors do, and draws slates into the page.
 *
 *   <script src="https://forage.example/static/forage.js" data-key="pk_…" defer></script>
 *
 * It never throws into the page, never uses innerHTML, eval or inline styles, and keeps nothing personal: a visitor is a
 * random id in this shop's own localStorage. How to use it: docs/api.md of Forage.
 */
(() => {
  'use strict';

  const script = document.currentScript;
  const calledEarlier = window.forage;
  if (!script || calledEarlier?.track) return; // a module, or the same line twice in a page

  const { key, timeout = 2500, consent: consentMode, anonymous, visitor: customer } = script.dataset;
  const api = script.dataset.api || new URL('../api/v1/', script.src).href;
  const SESSION_MS = 30 * 60_000; // a visit ends after half an hour of rest
  const QUEUE_EVENTS = 200; // kept while Forage cannot be reached; the oldest go first
  const BATCH_EVENTS = 50;
  const BATCH_CHARACTERS = 20_000; // browsers take 64 KiB from a page that is left; a character may be 3 bytes
  const GIVE_UP_AFTER = 8; // failures in a row, about five minutes; then the next page tries again
  const SEEN_MS = 1000;

  const warn = (problem) => console.warn(`Forage: ${problem?.message ?? problem}`);
  const safely = (work) => (...given) => {
    try {
      return work(...given);
    } catch (problem) {
      warn(problem);
    }
  };

  // What is remembered: in localStorage, or for the life of the page where the visitor's browser refuses that.

  const memory = {};
  function recall(name) {
    try {
      return name in memory ? memory[name] : JSON.parse(localStorage.getItem(`forage.${name}`));
    } catch {
      return null;
    }
  }
  function remember(name, value) {
    try {
      localStorage.setItem(`forage.${name}`, JSON.stringify(value));
      delete memory[name];
    } catch {
      memory[name] = value;
    }
  }
  function forget(name) {
    delete memory[name];
    try {
      localStorage.removeItem(`forage.${name}`);
    } catch {
      // there was nothing
    }
  }

  // Consent. Without it nothing is stored and no behaviour is sent; Do-Not-Track and Global Privacy Control refuse it.

  const refused = () =>
    navigator.globalPrivacyControl === true || [navigator.doNotTrack, window.doNotTrack].includes('1');
  const allowed = () => !refused() && (recall('consent') ?? consentMode === 'given') === true;

  function consent(given) {
    if (!given) ['visitor', 'session', 'queue'].forEach(forget);
    remember('consent', Boolean(given));
    refresh();
  }

  // Ids. randomUUID exists on https pages only.

  const uuid = () =>
    '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
      (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
    );

  let signedIn = '';
  function identify(id) {
    if (/@/.test(id)) return warn('a visitor is known by a number or a random id, never by an e-mail address.');
    signedIn = id ? String(id) : '';
  }
  function visitorId() {
    const known = signedIn || recall('visitor') || uuid();
    if (!signedIn) remember('visitor', known);
    return known;
  }
  function sessionId() {
    const last = recall('session');
    const id = last && Date.now() - last.at < SESSION_MS ? last.id : uuid();
    remember('session', { id, at: Date.now() });
    return id;
  }
  const whoever = () => (allowed() ? { visitor_id: visitorId(), session_id: sessionId() } : {});

  // Sending. An event stays in the queue until an answer says that it was stored. It may be sent twice, when its page was
  // left before the answer: its event_id is the same then, and Forage stores it once. Text and a key in the address need
  // no preflight.

  const address = (path) => `${api}${path}?key=${encodeURIComponent(key)}`;
  const post = (path, body, milliseconds, keepalive = false) =>
    fetch(address(path), {
      method: 'POST',
      body,
      keepalive,
      credentials: 'omit',
      signal: AbortSignal.timeout?.(milliseconds),
    });

  const queue = () => [recall('queue') ?? []].flat();
  const handedOver = new Set(); // ids of what this page gave to the browser
  let timer = 0;
  let sending = false;
  let failures = 0;
  let most = BATCH_EVENTS; // fewer after a refusal

  function track(type, fields = {}) {
    if (!allowed()) return;
    const { quantity, price, item_id, ...rest } = fields;
    const item = quantity || price ? { items: [{ item_id, quantity, price }] } : { item_id };
    // the page that thanks for an order may be loaded again
    const event_id = type === 'purchase' && rest.order_id ? `purchase-${rest.order_id}` : uuid();
    const event = { event_id, type, ...whoever(), timestamp: Date.now(), ...item, ...rest };
    if (JSON.stringify(event).length > BATCH_CHARACTERS) return warn(`this ${type} is too large to be sent.`);
    remember('queue', [...queue(), event].slice(-QUEUE_EVENTS));
    timer ||= setTimeout(send, 1000);
  }

  function batch() {
    let characters = 0;
    const fits = (event) => (characters += JSON.stringify(event).length) <= BATCH_CHARACTERS;
    return allowed() ? queue().slice(0, most).filter(fits) : [];
  }
  // A clock that is wrong does no harm to what is sent at once: left out, the time is the server's.
  const written = (events) =>
    JSON.stringify({
      events: events.map(({ timestamp, ...event }) => (Date.now() - timestamp < 60_000 ? event : { ...event, timestamp })),
    });

  async function send() {
    clearTimeout(timer);
    timer = 0;
    const events = batch();
    if (sending || !events.length || failures > GIVE_UP_AFTER) return;
    sending = true;
    events.forEach((event) => handedOver.add(event.event_id));
    let wait = 0;
    try {
      wait = await settle(events, await post('events', written(events), 10_000, true));
    } catch {
      failures += 1; // no network, no answer in time, or an answer that this origin may not read
    }
    sending = false;
    wait = Math.max(wait, failures && Math.min(2 ** failures * 500, 300_000) * (0.75 + Math.random() / 2));
    clearTimeout(timer);
    timer = queue().length && setTimeout(send, wait);
  }

  // Returns for how many milliseconds to wait. A batch that is refused comes again in halves, until it is one event.
  async function settle(events, response) {
    const { ok, status } = response;
    if (status === 429 || status > 500) {
      failures += 1;
      return 1000 * (Number(response.headers.get('Retry-After')) || 0);
    }
    const answer = ok ? await response.json() : await response.json().catch(() => ({}));
    if (!ok) {
      warn(answer.error?.message ?? status);
      most = Math.ceil(events.length / 2);
      if ([401, 403, 404].includes(status)) failures = Infinity; // another page may have the right key
      const again = status === 500 ? (failures += 1) < GIVE_UP_AFTER : failures === Infinity;
      if (again || events.length > 1) return 300;
    }
    const judged = new Set(events.map((event) => event.event_id));
    remember('queue', queue().filter((event) => !judged.has(event.event_id)));
    failures = 0;
    answer.rejected?.forEach((refusal) => warn(`${events[refusal.index]?.type} was refused: ${refusal.message}`));
    if (!ok) return 300;
    most = Math.min(2 * most, BATCH_EVENTS);
    return 0;
  }

  // The page may be gone in a moment: the browser delivers, and a later page hears that it arrived.
  function sendOnLeaving() {
    noteSeen();
    const events = batch().filter((event) => !handedOver.has(event.event_id));
    if (!events.length || failures === Infinity) return;
    events.forEach((event) => handedOver.add(event.event_id));
    const body = written(events);
    if (!navigator.sendBeacon?.(address('events'), body)) post('events', body, 10_000, true).catch(() => {});
  }

  // Slates.

  async function slate(placement, wish = {}) {
    const body = JSON.stringify({ placement, ...wish, ...whoever(), details: true });
    const response = await post('recommendations', body, Number(timeout));
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error.message);
    return answer;
  }

  const asked = new WeakMap(); // placement → what was last asked for it
  const viewed = new WeakMap(); // element of a product page → its item
  const idsOf = (name, most) => {
    const attribute = `data-forage-${name}`;
    const found = [...document.querySelectorAll(`[${attribute}]`)].map((element) => element.getAttribute(attribute));
    return [...new Set(found)].filter(Boolean).slice(0, most);
  };

  const scan = safely(() => {
    for (const element of document.querySelectorAll('[data-forage-view]')) {
      const item_id = element.dataset.forageView;
      if (!item_id || !allowed() || viewed.get(element) === item_id) continue;
      viewed.set(element, item_id);
      track('view_item', { item_id });
    }
    for (const element of unseen.keys()) if (!element.isConnected) unseen.delete(element);
    if (anonymous === 'off' && !allowed()) return;
    document.querySelectorAll('[data-forage-placement]').forEach(safely(fill));
  });

  async function fill(place) {
    const { foragePlacement, forageN, forageFilters } = place.dataset;
    const wish = { context_items: idsOf('view', 50), n: Number(forageN) || undefined };
    const now = JSON.stringify([foragePlacement, wish, forageFilters, allowed()]);
    if (asked.get(place) === now) return;
    asked.set(place, now);
    try {
      const filters = JSON.parse(forageFilters || '{}');
      const answer = await slate(foragePlacement, { ...wish, filters, cart_items: idsOf('cart-item', 200) });
      if (asked.get(place) !== now) return; // asked again meanwhile
      draw(place, answer);
      tell(place, 'shown', answer);
    } catch (problem) {
      warn(problem); // and the page keeps what it had there
      tell(place, 'failed', { message: String(problem) });
    }
  }

  function tell(place, state, detail) {
    place.dataset.forageState = state;
    place.dispatchEvent(new CustomEvent(`forage:${state}`, { bubbles: true, detail }));
  }

  function draw(place, answer) {
    const { forageTemplate, forageUrl } = place.dataset;
    const template = forageTemplate ? document.querySelector(forageTemplate) : place.querySelector('template');
    const model = template?.content.firstElementChild;
    if (!model) throw new Error(`the placement “${answer.placement}” has no <template> with an element in it.`);
    const drawn = answer.items.filter((item) => item.details).map(({ details, ...item }) => {
      const url = forageUrl ? forageUrl.replace('{item_id}', encodeURIComponent(item.item_id)) : details.url;
      const picture = new URL(details.picture ?? '', api).href;
      const card = bind(document.importNode(model, true), { ...item, ...details, url, picture, price: money(details) });
      show(card, item.item_id, answer);
      return card;
    });
    if (!drawn.length) throw new Error(`the slate for “${answer.placement}” is empty.`);
    const list = place.querySelector('[data-forage-items]') ?? place;
    list.replaceChildren(...(template.parentNode === list ? [template] : []), ...drawn);
    place.hidden = false;
  }

  // Text goes in as text, addresses only as http and https: a title is never markup, and a link never a script.
  function bind(card, values) {
    for (const element of [card, ...card.querySelectorAll('*')]) {
      const { forageText, forageLink, forageImage } = element.dataset;
      if (forageText !== undefined) {
        const text = values[forageText] ?? '';
        element.textContent = text;
        if (text === '') element.remove();
      }
      if (forageLink !== undefined) put(element, 'href', webAddress(values.url));
      if (forageImage !== undefined) {
        if (!element.hasAttribute('alt')) element.alt = values.title;
        const drawn = forageImage === 'drawn' && webAddress(values.picture);
        if (drawn) element.addEventListener('error', () => put(element, 'src', drawn), { once: true });
        if (!put(element, 'src', webAddress(values.image_url) || drawn)) element.remove();
      }
    }
    return card;
  }
  function put(element, name, value) {
    if (value) element.setAttribute(name, value);
    else element.removeAttribute(name);
    return value;
  }
  function webAddress(text) {
    try {
      const found = text && new URL(text, document.baseURI);
      return found && /^https?:$/.test(found.protocol) ? found.href : '';
    } catch {
      return '';
    }
  }
  function money({ price, currency }) {
    if (price === null) return '';
    try {
      const language = document.documentElement.lang || undefined;
      return new Intl.NumberFormat(language, { style: 'currency', currency }).format(price);
    } catch {
      return `${price} ${currency}`;
    }
  }

  // What was seen: half of an item, for a second, in a tab that is looked at.

  const cards = new WeakMap(); // element → the item and the slate that it shows
  const unseen = new Map(); // element → the timer that runs while it can be seen
  const seen = new Map(); // slate → its items that were seen since the last event
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!unseen.has(target)) continue;
        clearTimeout(unseen.get(target));
        unseen.set(target, isIntersecting ? setTimeout(markSeen, SEEN_MS, target) : 0);
      }
    },
    { threshold: 0.5 },
  );

  function show(element, item_id, answer) {
    cards.set(element, { item_id, slate: answer });
    unseen.set(element, 0);
    watcher.observe(element);
  }
  function markSeen(element) {
    const { item_id, slate: answer } = cards.get(element);
    unseen.delete(element);
    watcher.unobserve(element);
    if (!seen.size) setTimeout(noteSeen, 300);
    seen.set(answer, [...(seen.get(answer) ?? []), { item_id }]);
  }
  const noteSeen = safely(() => {
    for (const [answer, items] of seen) track('view_item_list', { items, ...origin(answer) });
    seen.clear();
  });
  const origin = ({ recommendation_id, placement }) => ({ recommendation_id, placement });

  // A hidden tab is not looked at; shown again, every second begins anew.
  function lookAgain() {
    for (const [element, running] of unseen) {
      clearTimeout(running);
      watcher.unobserve(element);
      if (document.visibilityState === 'visible') watcher.observe(element);
    }
  }

  // Clicks, seen before the page's own listeners, which may stop them. A middle click opens a tab.

  const clicked = safely(({ type, button, target }) => {
    if (type === 'auxclick' && button !== 1) return;
    const control = target.closest?.('[data-forage-click], a[href], button');
    let element = control;
    while (element && !cards.has(element)) element = element.parentElement;
    const card = cards.get(element);
    const { forageClick, forageItem, forageQuantity, foragePrice, forageAbout } = control?.dataset ?? {};
    const item_id = forageItem || card?.item_id;
    if (!item_id || (!forageClick && !card)) return;
    const fields = { item_id, about: forageAbout, ...(card && origin(card.slate)) };
    if (forageClick) {
      fields.quantity = Number(forageQuantity ?? control.closest('form')?.elements.quantity?.value) || undefined;
      fields.price = Number(foragePrice) || undefined;
    }
    track(forageClick || 'select_item', fields);
    sendOnLeaving();
  });

  // The page: read once, and again when its script changes it.

  let waiting = 0;
  const changed = () => {
    waiting ||= setTimeout(() => {
      waiting = 0;
      scan();
    }, 50);
  };
  const attributeFilter = ['data-forage-view', 'data-forage-placement', 'data-forage-filters'];
  const page = new MutationObserver(changed);

  // Asks for every slate anew, for example after the cart has changed.
  function refresh() {
    document.querySelectorAll('[data-forage-placement]').forEach((place) => asked.delete(place));
    scan();
  }

  function start() {
    if (!key) return warn('the script needs data-key, the publishable key of the shop.');
    if (!allowed()) ['visitor', 'session', 'queue'].forEach(forget);
    identify(customer);
    for (const name of ['click', 'auxclick']) document.addEventListener(name, clicked, true);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') safely(sendOnLeaving)();
      lookAgain();
    });
    addEventListener('pagehide', safely(sendOnLeaving));
    addEventListener('online', () => {
      failures = failures === Infinity ? failures : 0;
      send();
    });
    page.observe(document.documentElement, { subtree: true, childList: true, attributeFilter });
    const calls = { track, consent, identify, refresh, slate, show };
    const forage = Object.fromEntries(Object.entries(calls).map(([name, work]) => [name, safely(work)]));
    forage.push = safely(([name, ...given]) => forage[name](...given));
    window.forage = forage;
    if (Array.isArray(calledEarlier)) calledEarlier.forEach(forage.push);
    scan();
    send();
  }

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', safely(start));
  else safely(start)();
})();
