// Draws every [data-figure] host from its JSON script. Figures name colours by token, so that one figure serves both schemes.
// Plotly is fetched from this server when the first figure comes into view of the page, whole page or htmx fragment.
const dark = matchMedia('(prefers-color-scheme: dark)');
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const isDark = () => ({ light: false, dark: true })[document.documentElement.dataset.theme] ?? dark.matches;
const themes = {};
const loaded = {};
const PAPER_WIDTH = 640; // pixels: what a card leaves of a sheet of A4
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

async function theme(name) {
  const href = document.querySelector(`link[data-plotly-theme="${name}"]`).href;
  themes[name] ??= fetch(href).then((response) => response.json());
  return (loaded[name] = await themes[name]);
}

function resolve(value, tokens) {
  if (typeof value === 'string' && value.startsWith('token:')) return tokens[value.slice(6)];
  if (Array.isArray(value)) return value.map((entry) => resolve(entry, tokens));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, resolve(entry, tokens)]));
  return value;
}

async function draw(host) {
  if (host.clientWidth === 0) return; // inside a closed <details>: drawn when it opens
  const [, template] = await Promise.all([plotly(), theme(isDark() ? 'dark' : 'light')]);
  await put(host, template, {});
  if (host.dataset.drawn === undefined) {
    host.on('plotly_click', ({ points: [{ customdata }] }) => typeof customdata === 'string' && location.assign(customdata));
    if (read(host.dataset.figure).zooms) offerZoom(window.Plotly, host);
    offerFiles(window.Plotly, host);
  }
  host.dataset.drawn = '';
  theme('light'); // for paper, which waits for nothing
}

function put(host, template, size) {
  const { tokens, config } = template.layout.meta;
  const figure = resolve(read(host.dataset.figure), tokens);
  // figure.narrow: what to say differently where there is little room
  if (host.clientWidth < 480 && figure.narrow) {
    Object.assign(figure.layout, figure.narrow.layout);
    for (const [index, patch] of Object.entries(figure.narrow.data ?? {})) Object.assign(figure.data[index], patch);
  }
  const layout = { ...figure.layout, template, autosize: true, height: host.clientHeight, ...size };
  const pointing = figure.zooms && matchMedia('(pointer: fine)').matches;
  if (pointing) layout.dragmode = 'zoom';
  return window.Plotly.react(host, figure.data, layout, pointing ? { ...config, doubleClick: 'reset' } : config);
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

// Pictures of a chart: SVG as Plotly writes it, PNG drawn from that here, since the page's policy lets no blob be an image.
function offerFiles(Plotly, host) {
  const bar = document.querySelector(`[data-keep="${host.dataset.figure}"]`);
  if (!bar) return;
  bar.hidden = false;
  bar.addEventListener('click', async ({ target }) => {
    const format = target.closest('button')?.dataset.format;
    if (format) keep(await picture(Plotly, host, format), `${bar.dataset.name}.${format}`);
  });
}

async function picture(Plotly, host, format) {
  const size = { width: host.clientWidth, height: host.clientHeight };
  const paper = getComputedStyle(host.closest('.card') ?? document.body).backgroundColor;
  const layout = { ...host.layout, ...size, paper_bgcolor: paper };
  const svg = await Plotly.toImage({ data: host.data, layout }, { format: 'svg', ...size });
  if (format === 'svg') return new Blob([decodeURIComponent(svg.slice(svg.indexOf(',') + 1))], { type: 'image/svg+xml' });
  const image = new Image();
  image.src = svg;
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), { width: 2 * size.width, height: 2 * size.height });
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

function keep(blob, name) {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const drawWithin = (root) => root.querySelectorAll('[data-figure]').forEach(draw);

drawWithin(document);
dark.addEventListener('change', () => drawWithin(document));
document.addEventListener('htmx:afterSettle', (event) => drawWithin(event.target.parentElement ?? document));
document.addEventListener('toggle', (event) => event.target.open && drawWithin(event.target), true);

// Paper is light, and narrower than most windows.
const drawn = () => document.querySelectorAll('[data-figure][data-drawn]');
addEventListener('beforeprint', () => loaded.light && drawn().forEach((host) => put(host, loaded.light, { autosize: false, width: PAPER_WIDTH })));
addEventListener('afterprint', () => drawn().forEach(draw));
