// Draws every [data-figure] host from its JSON script. Figures name colours by token, so that one figure serves both schemes.
// Plotly is fetched from this server when the first figure comes into view of the page, whole page or htmx fragment.
const dark = matchMedia('(prefers-color-scheme: dark)');
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const isDark = () => ({ light: false, dark: true })[document.documentElement.dataset.theme] ?? dark.matches;
const themes = {};
let library;

function plotly() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = document.getElementById('charts-script').dataset.plotly;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

function theme() {
  const name = isDark() ? 'dark' : 'light';
  const href = document.querySelector(`link[data-plotly-theme="${name}"]`).href;
  themes[name] ??= fetch(href).then((response) => response.json());
  return themes[name];
}

function resolve(value, tokens) {
  if (typeof value === 'string' && value.startsWith('token:')) return tokens[value.slice(6)];
  if (Array.isArray(value)) return value.map((entry) => resolve(entry, tokens));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, resolve(entry, tokens)]));
  return value;
}

async function draw(host) {
  if (host.clientWidth === 0) return; // inside a closed <details>: drawn when it opens
  const [Plotly, template] = await Promise.all([plotly(), theme()]);
  const { tokens, config } = template.layout.meta;
  const figure = resolve(read(host.dataset.figure), tokens);
  // figure.narrow: what to say differently where there is little room
  if (host.clientWidth < 480 && figure.narrow) {
    Object.assign(figure.layout, figure.narrow.layout);
    for (const [index, patch] of Object.entries(figure.narrow.data ?? {})) Object.assign(figure.data[index], patch);
  }
  const layout = { ...figure.layout, template, autosize: true, height: host.clientHeight };
  const pointing = figure.zooms && matchMedia('(pointer: fine)').matches;
  if (pointing) layout.dragmode = 'zoom';
  await Plotly.react(host, figure.data, layout, pointing ? { ...config, doubleClick: 'reset' } : config);
  if (host.dataset.drawn === undefined) {
    host.on('plotly_click', ({ points: [{ customdata }] }) => typeof customdata === 'string' && location.assign(customdata));
    if (figure.zooms) offerZoom(Plotly, host);
  }
  host.dataset.drawn = '';
}

function offerZoom(Plotly, host) {
  const bar = document.querySelector(`[data-zoom="${host.dataset.figure}"]`);
  bar.hidden = false;
  bar.addEventListener('click', ({ target }) => {
    const factor = Number(target.closest('button')?.dataset.by);
    if (Number.isNaN(factor)) return;
    const axes = ['xaxis', 'yaxis'];
    if (factor === 0) Plotly.relayout(host, Object.fromEntries(axes.map((axis) => [`${axis}.autorange`, true])));
    else Plotly.relayout(host, Object.fromEntries(axes.map((axis) => [`${axis}.range`, around(host.layout[axis].range, factor)])));
  });
}

function around([low, high], factor) {
  const middle = (low + high) / 2;
  return [low, high].map((end) => middle + (end - middle) * factor);
}

const drawWithin = (root) => root.querySelectorAll('[data-figure]').forEach(draw);

drawWithin(document);
dark.addEventListener('change', () => drawWithin(document));
document.addEventListener('htmx:afterSettle', (event) => drawWithin(event.target.parentElement ?? document));
document.addEventListener('toggle', (event) => event.target.open && drawWithin(event.target), true);
