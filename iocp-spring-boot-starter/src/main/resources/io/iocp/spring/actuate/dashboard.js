/*
 * The page of the endpoint 'iocpdashboard'. It asks the endpoints beside it, 'iocp' and 'iocpevents', and 'prometheus' for
 * latencies if it is there. All that comes from them is set as text, never as markup.
 */
(() => {
  'use strict';

  const HISTORY = 120;
  const MOST_EVENTS = 500;
  const EVENTS_SHOWN = 200;
  const PATIENCE_MS = 10_000;
  const LONG_POLL_S = 20;
  const LATENCY_WINDOW_MS = 30_000;
  const LATENCY_EVERY_MS = 5_000;
  const CERTIFICATE_WARNING_DAYS = 14;
  const WORKER_STATES = ['running', 'polling', 'sleeping', 'blocked', 'parked'];

  const $ = id => document.getElementById(id);
  const query = new URLSearchParams(location.search);

  // ---------------------------------------------------------------------------------------- texts

  const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
  const fraction = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
  const large = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

  /** A number and its unit, as [text, unit]. */
  function count(n) {
    if (!Number.isFinite(n)) return ['\u2013', ''];
    if (n >= 1e9) return [large.format(n / 1e9), 'G'];
    if (n >= 1e6) return [large.format(n / 1e6), 'M'];
    return [n > 0 && n < 10 ? fraction.format(n) : whole.format(n), ''];
  }
  function bytes(n) {
    if (!Number.isFinite(n)) return ['\u2013', ''];
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let at = 0;
    while (n >= 1024 && at < units.length - 1) { n /= 1024; at++; }
    return [n < 10 && at > 0 ? fraction.format(n) : whole.format(n), units[at]];
  }
  const plain = ([text, unit]) => unit ? text + '\u202f' + unit : text;
  const countText = n => n === undefined || n === null ? '' : plain(count(n));
  const bytesText = n => n === undefined || n === null ? '' : plain(bytes(n));
  function nanos(n) {
    if (n === undefined || n === null || !Number.isFinite(n)) return '';
    if (n < 1e3) return whole.format(n) + '\u202fns';
    if (n < 1e6) return large.format(n / 1e3) + '\u202f\u00b5s';
    if (n < 1e9) return large.format(n / 1e6) + '\u202fms';
    return large.format(n / 1e9) + '\u202fs';
  }
  function age(ms) {
    if (!Number.isFinite(ms)) return '';
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 60) return s + '\u202fs';
    if (s < 3600) return Math.floor(s / 60) + '\u202fmin ' + s % 60 + '\u202fs';
    if (s < 86400) return Math.floor(s / 3600) + '\u202fh ' + Math.floor(s % 3600 / 60) + '\u202fmin';
    return Math.floor(s / 86400) + '\u202fd ' + Math.floor(s % 86400 / 3600) + '\u202fh';
  }
  /** An address as people write it: Java puts a slash before one that was never looked up. */
  const address = text => (text || '').replace(/^\//, '');
  const two = n => String(n).padStart(2, '0');
  function clock(at, withMillis) {
    const time = two(at.getHours()) + ':' + two(at.getMinutes()) + ':' + two(at.getSeconds());
    return withMillis ? time + '.' + String(at.getMilliseconds()).padStart(3, '0') : time;
  }
  const spaced = name => name.replace(/[_-]/g, ' ');
  const words = name => spaced(name.replace(/([a-z])([A-Z])/g, (all, a, b) => a + ' ' + b.toLowerCase()));
  const sum = values => Object.values(values || {}).reduce((a, b) => a + b, 0);

  // -------------------------------------------------------------------------------------- elements

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }
  function setText(node, text) {
    const next = text === undefined || text === null ? '' : String(text);
    if (node.textContent !== next) node.textContent = next;
  }
  function setAttribute(node, name, value) {
    if (value === undefined || value === null || value === false) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
  const show = (node, visible) => { if (node.hidden === visible) node.hidden = !visible; };

  const childrenOf = new WeakMap();

  /** Keeps one child per item, and those that stay where they are: focus and selection survive a refresh. */
  function sync(parent, items, keyOf, make, update) {
    const known = childrenOf.get(parent) || new Map();
    childrenOf.set(parent, known);
    const wanted = new Set();
    let place = parent.firstElementChild;
    for (const item of items) {
      const key = String(keyOf(item));
      if (wanted.has(key)) continue;
      wanted.add(key);
      let child = known.get(key);
      if (!child) {
        child = make(item);
        known.set(key, child);
      }
      update(child, item);
      if (child === place) place = place.nextElementSibling;
      else parent.insertBefore(child, place);
    }
    for (const [key, child] of known) {
      if (!wanted.has(key)) {
        child.remove();
        known.delete(key);
      }
    }
  }

  /**
   * A table. A column is {name, text(item)} or {name, fill(cell, item)}, with kind: 'n' for numbers, 'code', 'head' for the
   * one that names the row, 'acts' for buttons. The roles are written out because small screens show rows as sheets.
   */
  function table(id, columns, keyOf) {
    const root = $(id);
    const headings = element('tr', { role: 'row' });
    for (const column of columns) {
      const heading = element('th', { scope: 'col', role: 'columnheader', class: column.kind === 'n' ? 'n' : '' });
      if (column.kind === 'acts') heading.append(element('span', { class: 'unseen' }, column.name));
      else heading.textContent = column.name;
      headings.append(heading);
    }
    const body = element('tbody', { role: 'rowgroup' });
    setAttribute(root, 'role', 'table');
    root.append(element('thead', { role: 'rowgroup' }, headings), body);
    function make() {
      const row = element('tr', { role: 'row' });
      for (const column of columns) {
        row.append(element('td', { role: 'cell', 'data-label': column.name, class: column.kind || '' }));
      }
      return row;
    }
    function update(row, item) {
      columns.forEach((column, at) => {
        const cell = row.children[at];
        if (column.fill) {
          column.fill(cell, item);
        } else {
          const text = column.text(item);
          setText(cell, text);
          setAttribute(cell, 'data-blank', text === '' || text === undefined || text === null);
          if (column.title) setAttribute(cell, 'title', column.title(item));
        }
      });
    }
    return items => {
      show(root, items.length > 0);
      sync(body, items, keyOf, make, update);
    };
  }

  function chip(cell, text, mood) {
    let it = cell.firstElementChild;
    if (!it) {
      it = element('span', { class: 'chip' });
      cell.append(it);
    }
    setText(it, text);
    setAttribute(it, 'data-mood', mood);
  }

  /** Buttons of a cell; each is {label, name, press}. */
  function buttons(cell, wanted) {
    sync(cell, wanted, b => b.label, b => element('button', { type: 'button' }, b.label), (it, b) => {
      setAttribute(it, 'aria-label', b.label + ' ' + b.name);
      it.onclick = b.press;
    });
  }

  // ---------------------------------------------------------------------------------------- asking

  class Refusal extends Error {
    constructor(status, path, body) {
      super(status + ' ' + path);
      this.status = status;
      this.path = path;
      this.body = body;
    }
  }
  class Away extends Error {}

  /** Asks an endpoint beside this page: its address is relative, so any prefix and port in front of it will do. */
  async function ask(path, { method = 'GET', json, text = false, patience = PATIENCE_MS, stop } = {}) {
    const cut = new AbortController();
    const timer = setTimeout(() => cut.abort(), patience);
    const forward = () => cut.abort();
    if (stop) stop.addEventListener('abort', forward);
    const headers = { Accept: text ? 'text/plain' : 'application/json' };
    if (json !== undefined) headers['Content-Type'] = 'application/json';
    const token = method === 'GET' ? null : /(?:^|; )XSRF-TOKEN=([^;]*)/.exec(document.cookie);
    if (token) headers['X-XSRF-TOKEN'] = decodeURIComponent(token[1]);
    try {
      const answer = await fetch(path, {
        method, headers, signal: cut.signal, cache: 'no-store', credentials: 'same-origin', redirect: 'manual',
        body: json === undefined ? undefined : JSON.stringify(json),
      });
      if (answer.type === 'opaqueredirect') throw new Refusal(401, path, null);
      const body = await answer.text();
      if (!answer.ok) throw new Refusal(answer.status, path, parsed(body));
      return text ? body : body === '' ? null : JSON.parse(body);
    } catch (e) {
      if (e instanceof Refusal) throw e;
      if (e instanceof SyntaxError) throw new Refusal(0, path, null);
      throw new Away(path);
    } finally {
      clearTimeout(timer);
      if (stop) stop.removeEventListener('abort', forward);
    }
  }
  function parsed(body) {
    try { return JSON.parse(body); } catch { return null; }
  }

  const sentence = text => text ? text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.') : '';

  /** What to tell of a refusal: [what, remedy]. */
  function explain(refusal) {
    const endpoint = refusal.path.split(/[/?]/)[0];
    if (refusal.body && refusal.body.cause) return [sentence(refusal.body.cause), sentence(refusal.body.remedy)];
    switch (refusal.status) {
      case 0: return ["'" + endpoint + "' answered with something that is no JSON.", 'Perhaps a proxy or a login page answers in its place.'];
      case 401: return ["'" + endpoint + "' asks who you are.", 'Sign in, then reload this page.'];
      case 403: return ["You may not read '" + endpoint + "'.", 'Sign in as somebody who may, or have the security rules changed.'];
      case 404: return ["There is no endpoint '" + endpoint + "'.", 'Add it to management.endpoints.web.exposure.include.'];
      default: return ["'" + endpoint + "' answered " + refusal.status + '.', 'The log of the application says why.'];
    }
  }

  // ----------------------------------------------------------------------------------------- state

  const state = {
    paused: false,
    interval: 1000,
    port: query.get('port') || '',
    ports: {},
    history: new Map(),
    cursor: null,
    failures: 0,
    refreshed: null,
    writable: false,
    page: 0,
    events: [],
    lastSequence: null,
    held: false,
    latency: [],
    latencyRows: [],
  };
  const running = () => !state.paused && document.visibilityState === 'visible';

  /** Repeats a task for ever: after its time, at once when it is woken, not at all while nobody looks. */
  function repeat(task, delay) {
    let timer = null;
    let busy = false;
    let again = false;
    async function go() {
      clearTimeout(timer);
      if (busy) { again = true; return; }
      if (!running()) return;
      busy = true;
      let next = 0;
      try {
        next = await task();
      } finally {
        busy = false;
      }
      timer = setTimeout(go, again ? 0 : next === undefined ? delay() : next);
      again = false;
    }
    return go;
  }

  // --------------------------------------------------------------------------------------- samples

  const TILES = [
    { id: 'queue', name: 'Queue depth', value: s => s.queue, format: count },
    { id: 'inflight', name: 'In flight', value: s => s.inFlight, format: count },
    { id: 'connections', name: 'Connections', value: s => s.connections, format: count },
    { id: 'busy', name: 'Workers busy', value: s => s.busy, format: count, of: s => s.workersMax },
    { id: 'operations', name: 'Operations', rate: s => s.operations, format: count, per: '/s' },
    { id: 'posts', name: 'Posts', rate: s => s.posts, format: count, per: '/s' },
    { id: 'received', name: 'Received', rate: s => s.received, format: bytes, per: '/s' },
    { id: 'sent', name: 'Sent', rate: s => s.sent, format: bytes, per: '/s' },
  ];

  function sampleOf(port, at) {
    const workers = port.workers || {};
    const operations = port.operations || {};
    const completed = operations.completed;
    return {
      at,
      queue: port.queueDepth,
      inFlight: sum(port.inFlight),
      connections: port.connections ? port.connections.open : NaN,
      busy: (workers.running || 0) + (workers.blocked || 0),
      workersMax: workers.max,
      operations: completed ? sum(completed) : NaN,
      posts: completed ? completed.post || 0 : NaN,
      received: port.bytes ? port.bytes.received : NaN,
      sent: port.bytes ? port.bytes.sent : NaN,
      rates: {},
    };
  }

  function remember(name, port, at) {
    const series = state.history.get(name) || [];
    state.history.set(name, series);
    const sample = sampleOf(port, at);
    const before = series[series.length - 1];
    const gap = before && at - before.at > Math.max(4 * state.interval, 10_000);
    // A counter that went back belongs to another life of the server.
    const sameLife = before && !gap && sample.received >= before.received && !(sample.operations < before.operations);
    for (const tile of TILES) {
      if (!tile.rate) sample.rates[tile.id] = tile.value(sample);
      else if (sameLife) sample.rates[tile.id] = (tile.rate(sample) - tile.rate(before)) * 1000 / (at - before.at);
      else sample.rates[tile.id] = NaN;
    }
    if (before && !sameLife) series.push({ at, rates: {}, hole: true });
    series.push(sample);
    if (series.length > HISTORY) series.splice(0, series.length - HISTORY);
  }

  // ------------------------------------------------------------------------------------------ tiles

  function makeTile(tile) {
    const svg = $('chart').content.firstElementChild.cloneNode(true);
    const box = element('div', { class: 'card tile' },
      element('h3', {}, tile.name), element('p', { class: 'value' }), svg);
    box.querySelector('h3').style.margin = '0';
    const at = event => {
      const box = svg.getBoundingClientRect();
      return Math.round((event.clientX - box.left) / box.width * (HISTORY - 1));
    };
    svg.addEventListener('pointermove', event => { state.cursor = at(event); drawTiles(); });
    svg.addEventListener('pointerleave', () => { state.cursor = null; drawTiles(); });
    return box;
  }

  function drawTiles() {
    const series = state.history.get(state.port) || [];
    sync($('tiles'), TILES, t => t.id, makeTile, (box, tile) => {
      const shift = HISTORY - series.length;
      const values = series.map(s => s.rates[tile.id]);
      const known = values.filter(Number.isFinite);
      const peak = Math.max(0, ...known);
      const picked = state.cursor === null ? series.length - 1 : state.cursor - shift;
      const sample = series[picked];
      const value = box.children[1];
      const now = sample ? sample.rates[tile.id] : NaN;
      const [text, unit] = tile.format(now);
      const suffix = (unit + (tile.per && Number.isFinite(now) ? tile.per : '')) ||
        (tile.of && sample && Number.isFinite(tile.of(sample)) ? 'of ' + tile.of(sample) : '');
      const aside = state.cursor !== null && sample && sample.at ? clock(new Date(sample.at)) : peak > 0 ? 'peak ' + plain(tile.format(peak)) : '';
      if (value.dataset.shown !== [text, suffix, aside].join('|')) {
        value.dataset.shown = [text, suffix, aside].join('|');
        value.replaceChildren(element('span', { class: 'peak', 'aria-hidden': 'true' }, aside), text,
          element('span', { class: 'unit' }, suffix));
      }
      drawChart(box.children[2], values, shift, peak, state.cursor);
    });
  }

  function drawChart(svg, values, shift, peak, cursor) {
    const y = v => 31 - v / (peak || 1) * 28;
    let line = '';
    let area = '';
    let from = null;
    const end = at => { if (from !== null) { area += `V32H${from}Z`; from = null; } return at; };
    values.forEach((v, i) => {
      const x = (i + shift) * 120 / (HISTORY - 1);
      if (!Number.isFinite(v)) { end(x); return; }
      const point = x.toFixed(1) + ' ' + y(v).toFixed(2);
      line += (from === null ? 'M' : 'L') + point;
      area += (from === null ? 'M' : 'L') + point;
      if (from === null) from = x.toFixed(1);
    });
    end();
    setAttribute(svg.children[0], 'd', area);
    setAttribute(svg.children[1], 'd', line);
    setAttribute(svg.children[2], 'd', cursor === null ? '' : `M${(cursor * 120 / (HISTORY - 1)).toFixed(1)} 0V32`);
  }

  // --------------------------------------------------------------------------------------- overview

  function drawEngine(port) {
    const engine = port.engine || {};
    setText($('engine'), engine.name || '\u2013');
    setText($('engine-reason'), engine.reason);
    show($('engine-chip'), Boolean(engine.fallback) || port.state !== 'open');
    setText($('engine-chip'), port.state !== 'open' ? port.state : 'fallback');
    setAttribute($('engine-chip'), 'data-mood', 'warn');
    const blocking = port.blocking || {};
    const facts = [
      ['Port', port.name + (port.state === 'open' ? '' : ', ' + port.state)],
      ['Concurrency', port.concurrency],
      ['Hand-overs', countText(blocking.handOvers)],
      ['Handler failures', countText(port.handlerFailures)],
    ];
    sync($('facts'), facts, f => f[0], f => element('div', {}, element('dt', {}, f[0]), element('dd')),
      (box, f) => setText(box.lastChild, f[1]));
  }

  function drawWorkers(port) {
    const workers = port.workers || {};
    const max = workers.max || WORKER_STATES.reduce((all, s) => all + (workers[s] || 0), 0) || 1;
    const shown = WORKER_STATES.filter(s => s in workers);
    sync($('workers-bar'), shown, s => s, s => element('span', { 'data-worker': s }), (bar, s) => {
      bar.style.width = Math.min(100, 100 * (workers[s] || 0) / max) + '%';
    });
    setAttribute($('workers-bar'), 'aria-label', shown.map(s => workers[s] + ' ' + s).join(', ') + ' of ' + max);
    sync($('workers-legend'), shown, s => s,
      s => element('div', {}, element('i', { 'data-worker': s, 'aria-hidden': 'true' }), element('dt', {}, s), element('dd')),
      (row, s) => setText(row.lastChild, workers[s] || 0));
    const blocking = port.blocking || {};
    setText($('workers-note'), 'At most ' + max + '. Detection of blocking: ' + blocking.detection +
      (blocking.allBlocked ? '; all were blocked ' + (blocking.allBlocked === 1 ? 'once.' : countText(blocking.allBlocked) + ' times.') : '.'));
  }

  function drawBars(box, rows) {
    const most = Math.max(1, ...rows.filter(r => !r.of).map(r => r.value));
    sync(box, rows, r => r.name, r => element('div', { class: 'kind' }, element('span', {}, spaced(r.name)),
      element('span', { class: 'track', 'aria-hidden': 'true' }, element('span', { class: 'fill' })),
      element('span', { class: 'count' })), (row, r) => {
      setAttribute(row, 'data-idle', r.value === 0);
      setAttribute(row, 'data-grave', Boolean(r.of) && r.value > .9 * r.of);
      row.children[1].firstElementChild.style.width = 100 * r.value / (r.of || most) + '%';
      setText(row.children[2], r.text);
    });
  }

  const seenKinds = new Map();
  function drawKinds(port) {
    // A kind that was ever in flight keeps its row: rows that come and go cannot be read.
    const seen = seenKinds.get(port.name) || new Set();
    seenKinds.set(port.name, seen);
    const completed = port.operations && port.operations.completed || {};
    for (const [kind, n] of Object.entries(port.inFlight || {})) {
      if (n > 0 || completed[kind] > 0) seen.add(kind);
    }
    drawBars($('kinds'), Object.entries(port.inFlight || {}).filter(([kind]) => seen.has(kind))
      .map(([name, value]) => ({ name, value, text: whole.format(value) })));
  }

  const AREAS = ['rings', 'receive', 'send', 'tls'];

  /** Native memory: bytes in use, all together, and how many there may be; 0 for no bound. */
  function memoryOf(port) {
    return { used: sum(port.memory), most: port.memoryMax || 0 };
  }

  function drawMemory(port) {
    const memory = port.memory || {};
    const areas = Object.keys(memory).sort((a, b) => AREAS.indexOf(a) - AREAS.indexOf(b));
    const rows = areas.map(name => ({ name, value: memory[name], text: bytesText(memory[name]) }));
    const { used, most } = memoryOf(port);
    if (most) rows.push({ name: 'of the bound', value: used, of: most, text: whole.format(100 * used / most) + '\u202f%' });
    drawBars($('memory'), rows);
    setText($('memory-note'), bytesText(used) + (most ? ' of at most ' + bytesText(most) : '') + ' that -Xmx does not see.');
  }

  // -------------------------------------------------------------------------------------- attention

  function attentionOf(port) {
    const found = [];
    const add = (key, what, remedy, grave) => found.push({ key, what, remedy: remedy || '', grave: Boolean(grave) });
    const engine = port.engine || {};
    if (engine.fallback) {
      add('engine', 'The port runs on ' + engine.name + ', which is not the engine that was wanted: ' + (engine.cause || engine.reason), engine.remedy);
    }
    if (port.state !== 'open') add('state', 'The port is ' + port.state + '.', '', true);
    const workers = port.workers || {};
    if (workers.max && workers.blocked >= workers.max) {
      add('blocked', 'All ' + workers.max + ' workers are kept by handlers: connections wait.', 'Raise iocp.workers.max, or let the handlers not block.', true);
    }
    const { used, most } = memoryOf(port);
    if (most && used > .9 * most) {
      add('memory', 'Native memory is near its bound: ' + bytesText(used) + ' of ' + bytesText(most) + '.',
        'See which connections have much pending: their peers do not read. Or raise iocp.memory.max.', true);
    }
    for (const [name, server] of Object.entries(port.servers || {})) {
      if (server.state === 'failed') add('server ' + name, "Server '" + name + "' does not accept.", server.cause, true);
      if (!server.tls) continue;
      const bundles = [server.tls.bundle, ...Object.values(server.tls.serverNames || {})];
      for (const bundle of bundles.filter(Boolean)) {
        if (bundle.state === 'refused' || bundle.state === 'stale') {
          add('bundle ' + name + bundle.name, "A newer certificate for '" + name + "' is not used (bundle '" + bundle.name + "' is " + bundle.state + '): ' + (bundle.cause || ''), bundle.remedy);
        }
        const left = (Date.parse(bundle.notAfter) - Date.now()) / 86_400_000;
        if (left < CERTIFICATE_WARNING_DAYS) {
          add('expiry ' + name + bundle.name, "The certificate of '" + name + "' " + (left < 0 ? 'has expired.' : 'expires in ' + Math.floor(left) + ' days.'), 'Renew the bundle ' + bundle.name + '.', left < 0);
        }
      }
    }
    for (const [name, client] of Object.entries(port.clients || {})) {
      const state = clientState(client);
      if (state === 'down' || state === 'partly') {
        add('client ' + name, "Client '" + name + "' has " + client.up + ' of ' + client.wanted + ' connections.', lastFailure(client), state === 'down');
      }
    }
    return found;
  }

  function drawAttention(port) {
    sync($('attention'), attentionOf(port), a => a.key,
      () => element('li', {}, element('span', { class: 'sign', 'aria-hidden': 'true' }, '!'), element('p'), element('p', { class: 'remedy' })),
      (row, a) => {
        setAttribute(row, 'data-grave', a.grave);
        setText(row.children[1], a.what);
        setText(row.children[2], a.remedy);
      });
  }

  // ----------------------------------------------------------------------------------------- tables

  const SERVER_MOODS = { listening: 'good', paused: 'warn', failed: 'bad', stopped: 'warn', draining: 'warn' };

  const reasons = counts => Object.entries(counts || {}).map(([reason, n]) => reason + ': ' + n).join(', ');

  const serverRates = new Map();
  function acceptRate(name, server) {
    const before = serverRates.get(name);
    const at = state.refreshed ? state.refreshed.getTime() : 0;
    if (!before || server.opened < before.opened) {
      serverRates.set(name, { at, opened: server.opened, rate: NaN });
    } else if (at > before.at) {
      serverRates.set(name, { at, opened: server.opened, rate: (server.opened - before.opened) * 1000 / (at - before.at) });
    }
    return serverRates.get(name).rate;
  }

  function tlsText(server) {
    if (!server.tls) return '';
    const bundle = server.tls.bundle || {};
    return bundle.name + (bundle.notAfter ? ' until ' + bundle.notAfter.slice(0, 10) : '');
  }

  function serverActions(s) {
    const open = s.state === 'listening' || s.state === 'paused';
    return [
      s.state === 'listening' && { label: 'Pause', name: s.name, press: () => write('pause', { server: s.name }, "Server '" + s.name + "' accepts no more until it is resumed.") },
      s.state !== 'listening' && { label: 'Resume', name: s.name, press: () => write('resume', { server: s.name }, "Server '" + s.name + "' accepts again.") },
      open && { label: 'Drain\u2026', name: s.name, press: () => drain(s) },
    ].filter(Boolean);
  }

  const drawServers = table('servers-table', [
    { name: 'Name', kind: 'head', text: s => s.name },
    { name: 'State', fill: (cell, s) => chip(cell, s.state, SERVER_MOODS[s.state]) },
    { name: 'Listens on', kind: 'code nowrap', text: s => s.address === 'null' ? '' : address(s.address) },
    { name: 'Open', kind: 'n', text: s => whole.format(s.connections) + (s.maxConnections ? ' of ' + whole.format(s.maxConnections) : '') },
    { name: 'Opened', kind: 'n', text: s => countText(s.opened) },
    { name: 'Per second', kind: 'n', text: s => countText(acceptRate(state.port + '/' + s.name, s)) },
    { name: 'Rejected', kind: 'n', text: s => s.rejected ? countText(sum(s.rejected)) : '', title: s => reasons(s.rejected) },
    { name: 'TLS', text: tlsText },
    { name: 'Actions', kind: 'acts', fill: (cell, s) => buttons(cell, state.writable ? serverActions(s) : []) },
  ], s => s.name);

  function clientState(client) {
    if (client.connections.every(c => c.state === 'stopped')) return 'stopped';
    return client.up === 0 ? 'down' : client.up < client.wanted ? 'partly' : 'up';
  }
  const lastFailure = client => client.connections.filter(c => c.state !== 'up').map(c => c.lastFailure).find(Boolean);

  const drawClients = table('clients-table', [
    { name: 'Name', kind: 'head', text: c => c.name },
    { name: 'State', fill: (cell, c) => chip(cell, clientState(c), { up: 'good', down: 'bad' }[clientState(c)] || 'warn') },
    { name: 'Connects to', kind: 'code nowrap', text: c => address(c.address) },
    { name: 'Up', kind: 'n', text: c => whole.format(c.up) + ' of ' + whole.format(c.wanted) },
    { name: 'Tries', kind: 'n', text: c => countText(sum(c.connects)), title: c => reasons(c.connects) },
    { name: 'Again', kind: 'n', text: c => countText(c.reconnects) },
    { name: 'Last failure', kind: 'dim', text: c => lastFailure(c) },
  ], c => c.name);

  const drawHandlers = table('handlers-table', [
    { name: 'Handler', kind: 'head code', text: h => h.id },
    { name: 'Of', text: h => h.target },
    { name: 'Kinds', kind: 'dim', text: h => (h.kinds || []).map(spaced).join(', ') },
    { name: 'Blocking', text: h => h.blocking ? 'declared' : h.learned ? 'learned' : '' },
  ], h => h.id);

  const drawShards = table('shards-table', [
    { name: 'Shard', kind: 'head', text: s => 'Shard ' + s.index },
    { name: 'State', fill: (cell, s) => chip(cell, s.state) },
    { name: 'Handles', kind: 'n', text: s => countText(s.handles) },
    { name: 'Ready', kind: 'n', text: s => countText(s.readyPackets) },
    { name: 'In flight', kind: 'n', text: s => countText(s.inFlight) },
  ], s => s.index);

  const named = map => Object.entries(map || {}).map(([name, value]) => ({ ...value, name }))
    .sort((a, b) => a.name.localeCompare(b.name));

  function drawPort() {
    const port = state.ports[state.port];
    if (!port) return;
    drawAttention(port);
    drawEngine(port);
    drawTiles();
    drawWorkers(port);
    drawKinds(port);
    drawMemory(port);
    const servers = named(port.servers);
    drawServers(servers);
    show($('servers-empty'), servers.length === 0);
    const clients = named(port.clients);
    drawClients(clients);
    show($('clients'), clients.length > 0);
    show($('clients-jump'), clients.length > 0);
    const learned = new Set(port.blocking && port.blocking.learnedHandlers || []);
    const handlers = (port.handlers || []).map(h => ({ ...h, learned: learned.has(h.id) }));
    drawHandlers(handlers);
    show($('handlers-empty'), handlers.length === 0);
    drawShards(port.shards || []);
    show($('port-writes'), state.writable);
    const max = $('workers-max');
    if (document.activeElement !== max && port.workers) max.value = port.workers.max;
  }

  // ---------------------------------------------------------------------------------- the ports, live

  function link(kind, text) {
    setAttribute($('link'), 'data-state', kind);
    setText($('link-text'), text);
    $('main').classList.toggle('stale', kind !== 'live');
  }
  function trouble(lines) {
    sync($('trouble'), lines, l => l, () => element('p'), (p, l) => setText(p, l));
  }

  async function pollPorts() {
    try {
      const answer = await ask('iocp');
      const now = new Date();
      state.ports = answer.ports || {};
      const names = Object.keys(state.ports);
      if (!state.ports[state.port]) state.port = names[0] || '';
      choosePorts(names);
      for (const name of names) remember(name, state.ports[name], now.getTime());
      state.refreshed = now;
      setText($('refreshed'), clock(now));
      setAttribute($('refreshed'), 'datetime', now.toISOString());
      if (state.failures > 0) {
        state.lastSequence = null;
        wakeAll();
      }
      state.failures = 0;
      link('live', 'Live');
      trouble([]);
      drawPort();
      return undefined;
    } catch (e) {
      state.failures++;
      const wait = Math.min(10_000, 1000 * 2 ** Math.min(state.failures - 1, 4));
      if (e instanceof Refusal) {
        const [what, remedy] = explain(e);
        link('refused', 'No answer to show');
        trouble([what, remedy]);
      } else if (e instanceof Away) {
        link('away', 'Server away');
        trouble(['The server does not answer. The figures are of ' + (state.refreshed ? clock(state.refreshed) : 'never') + '.',
          'This page asks again by itself.']);
      } else {
        throw e;
      }
      return wait;
    }
  }

  function choosePorts(names) {
    show($('port-field'), names.length > 1);
    const select = $('port');
    sync(select, names, n => n, n => element('option', { value: n }, n), () => {});
    if (select.value !== state.port) select.value = state.port;
  }

  // ---------------------------------------------------------------------------------------- latency

  /** Reads the lines of Prometheus' text format: {name, labels, value}. */
  function readMetrics(text) {
    const found = [];
    for (const line of text.split('\n')) {
      const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
      if (!parts) continue;
      const labels = {};
      for (const [, name, value] of (parts[2] || '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
        labels[name] = value.replace(/\\(.)/g, (all, c) => c === 'n' ? '\n' : c);
      }
      found.push({ name: parts[1], labels, value: parts[3] === '+Inf' ? Infinity : Number(parts[3]) });
    }
    return found;
  }

  const LATENCIES = {
    iocp_packet_wait_seconds: l => ({ what: 'Wait for a worker', of: spaced(l.kind || '') }),
    iocp_post_wait_seconds: () => ({ what: 'Wait for a worker', of: 'post' }),
    iocp_handler_seconds: l => ({ what: 'Handler ' + l.handler, of: [l.server === 'none' ? '' : l.server, spaced(l.kind || '')].filter(Boolean).join(', ') }),
  };

  function latencySample(text, at) {
    const timers = new Map();
    for (const { name, labels, value } of readMetrics(text)) {
      const parts = /^(\w+_seconds)_(count|sum|max|bucket)$/.exec(name);
      if (!parts || !LATENCIES[parts[1]]) continue;
      const { le, ...own } = labels;
      const key = parts[1] + JSON.stringify(Object.entries(own).sort());
      const timer = timers.get(key) || { key, name: parts[1], labels: own, buckets: [] };
      timers.set(key, timer);
      if (parts[2] === 'bucket') timer.buckets.push([le === '+Inf' ? Infinity : Number(le), value]);
      else timer[parts[2]] = value;
    }
    return { at, timers };
  }

  /** The value below which so large a part lies, by interpolation within its bucket; in seconds. */
  function quantile(buckets, part) {
    const total = buckets.length ? buckets[buckets.length - 1][1] : 0;
    if (!(total > 0)) return NaN;
    let low = 0;
    let below = 0;
    for (const [bound, n] of buckets) {
      if (n >= part * total) {
        return bound === Infinity ? low : n === below ? bound : low + (bound - low) * (part * total - below) / (n - below);
      }
      low = bound;
      below = n;
    }
    return low;
  }

  function latencyRows(now, before) {
    const rows = [];
    for (const timer of now.timers.values()) {
      if (timer.labels.port !== state.port || !(timer.count > 0)) continue;
      const old = before && before.timers.get(timer.key);
      const fits = old && old.count <= timer.count;
      const n = timer.count - (fits ? old.count : 0);
      const buckets = timer.buckets.sort((a, b) => a[0] - b[0])
        .map(([le, v], i) => [le, v - (fits && old.buckets[i] ? old.buckets[i][1] : 0)]);
      rows.push({
        key: timer.key, ...LATENCIES[timer.name](timer.labels), total: timer.count,
        rate: fits ? n * 1000 / (now.at - before.at) : NaN,
        mean: n > 0 ? (timer.sum - (fits ? old.sum : 0)) / n : NaN,
        p50: quantile(buckets, .5), p99: quantile(buckets, .99), max: timer.max,
      });
    }
    return rows.sort((a, b) => b.what.localeCompare(a.what) || b.total - a.total);
  }

  const seconds = s => nanos(s * 1e9);
  const drawLatency = table('latency-table', [
    { name: 'What', kind: 'head', text: r => r.what },
    { name: 'Kind', kind: 'dim', text: r => r.of },
    { name: 'Per second', kind: 'n', text: r => countText(r.rate) },
    { name: 'Mean', kind: 'n', text: r => seconds(r.mean) },
    { name: 'Median', kind: 'n', text: r => seconds(r.p50) },
    { name: '99 %', kind: 'n', text: r => seconds(r.p99) },
    { name: 'Longest', kind: 'n', text: r => seconds(r.max) },
    { name: 'Total', kind: 'n', text: r => countText(r.total) },
  ], r => r.key);

  async function pollLatency() {
    try {
      const text = await ask('prometheus?includedNames=' + Object.keys(LATENCIES)
        .flatMap(name => [name, name + '_max']).join(','), { text: true });
      const now = latencySample(text, Date.now());
      const oldest = state.latency.find(s => now.at - s.at <= LATENCY_WINDOW_MS + LATENCY_EVERY_MS / 2);
      state.latency = state.latency.filter(s => now.at - s.at < 2 * LATENCY_WINDOW_MS);
      state.latency.push(now);
      const rows = latencyRows(now, oldest);
      setText($('latency-window'), oldest ? 'of the last ' + Math.round((now.at - oldest.at) / 1000) + ' s' : 'since the start');
      setText($('latency-empty'), 'Nothing was measured yet.');
      show($('latency-empty'), rows.length === 0);
      drawLatency(rows);
      return LATENCY_EVERY_MS;
    } catch (e) {
      if (e instanceof Refusal) {
        const [what, remedy] = explain(e);
        setText($('latency-empty'), 'Latencies come from the endpoint prometheus. ' + what + ' ' + remedy);
        show($('latency-empty'), true);
        drawLatency([]);
        return 30_000;
      }
      if (e instanceof Away) return LATENCY_EVERY_MS;
      throw e;
    }
  }

  // ------------------------------------------------------------------------------------ connections

  const drawConnections = table('connections-table', [
    { name: 'Id', kind: 'head', text: c => c.id },
    { name: 'Of', text: c => c.server || c.client || c.owner },
    { name: 'Peer', kind: 'code nowrap', text: c => address(c.peer) + (c.transportPeer ? ' via ' + address(c.transportPeer) : '') },
    { name: 'State', fill: (cell, c) => chip(cell, c.state) },
    { name: 'Age', kind: 'n', text: c => age(c.ageMillis) },
    { name: 'Received', kind: 'n', text: c => bytesText(c.bytesReceived) },
    { name: 'Sent', kind: 'n', text: c => bytesText(c.bytesSent) },
    { name: 'Pending', kind: 'n', text: c => bytesText(c.pendingBytes) },
    { name: 'Actions', kind: 'acts', fill: (cell, c) => buttons(cell, !state.writable ? [] : [
      { label: 'Close', name: 'connection ' + c.id, press: () => close(c) },
    ]) },
  ], c => c.id);

  async function pollConnections() {
    if (!state.port) return 500;
    const size = Number($('connections-size').value);
    const filter = $('connections-filter').value.trim();
    const path = 'iocp/' + encodeURIComponent(state.port) + '/connections?page=' + state.page + '&size=' + size +
      (filter ? '&filter=' + encodeURIComponent(filter) : '');
    try {
      const answer = await ask(path);
      const rows = answer.content;
      const pages = Math.max(1, answer.pages);
      if (state.page >= pages) {
        state.page = pages - 1;
        return 0;
      }
      drawConnections(rows);
      show($('connections-empty'), rows.length === 0);
      setText($('connections-empty'), filter ? 'No connection matches.' : 'No connection.');
      setText($('connections-total'), whole.format(answer.total) + (filter ? ' that match' : ' open'));
      show($('pager'), pages > 1);
      setText($('page-text'), 'Page ' + (state.page + 1) + ' of ' + whole.format(pages));
      $('previous').disabled = state.page === 0;
      $('next').disabled = state.page >= pages - 1;
      return Math.max(2000, state.interval);
    } catch (e) {
      if (e instanceof Refusal) {
        drawConnections([]);
        const [what, remedy] = explain(e);
        setText($('connections-empty'), what + ' ' + remedy);
        show($('connections-empty'), true);
        show($('pager'), false);
        setText($('connections-total'), '');
        return 15_000;
      }
      if (e instanceof Away) return 5000;
      throw e;
    }
  }

  // ----------------------------------------------------------------------------------------- events

  const EVENT_MOODS = {
    engineFallback: 'warn', refused: 'warn', rejected: 'warn', slowReader: 'warn', dropped: 'warn', clientLost: 'bad', serverPaused: 'warn',
    clientConnected: 'good', serverResumed: 'good', handlerFailed: 'bad', tlsFailed: 'warn', bundleRefused: 'bad', bundleStale: 'warn',
    allBlocked: 'bad', blockingHandler: 'warn', unclaimed: 'warn', serverStarted: 'good', bundleApplied: 'good',
  };
  const drawEventRows = table('events-table', [
    { name: 'Time', kind: 'head n', fill: (cell, e) => { setText(cell, clock(new Date(e.time), true)); setAttribute(cell, 'title', e.time); } },
    { name: 'Type', fill: (cell, e) => chip(cell, words(e.type), EVENT_MOODS[e.type]) },
    { name: 'Key', kind: 'code', text: e => e.key },
    { name: 'Waited', kind: 'n', text: e => nanos(e.waitNanos) },
    { name: 'Took', kind: 'n', text: e => nanos(e.handlerNanos) },
    { name: 'Detail', kind: 'code', text: e => e.detail },
  ], e => e.sequence);

  function drawEvents() {
    if (state.held) return;
    const type = $('events-type').value;
    const text = $('events-filter').value.trim().toLowerCase();
    const known = [...new Set(state.events.map(e => e.type))].sort();
    sync($('events-type'), ['', ...known, ...(type && !known.includes(type) ? [type] : [])], t => t,
      t => element('option', { value: t }, t ? words(t) : 'all'), () => {});
    const shown = state.events.filter(e => (!e.port || e.port === state.port) && (!type || e.type === type) &&
      (!text || ((e.key || '') + ' ' + (e.detail || '')).toLowerCase().includes(text)));
    drawEventRows(shown.slice(0, EVENTS_SHOWN));
    show($('events-empty'), shown.length === 0);
    setText($('events-empty'), state.events.length ? 'No event matches.' : 'Nothing has happened yet.');
  }

  const eventsCut = { now: null };
  async function pollEvents() {
    const started = Date.now();
    const after = state.lastSequence;
    eventsCut.now = new AbortController();
    try {
      const answer = await ask(after === null ? 'iocpevents' : 'iocpevents?after=' + after + '&wait=' + LONG_POLL_S + 's',
        { patience: (LONG_POLL_S + 10) * 1000, stop: eventsCut.now.signal });
      const fresh = answer.events;
      if (after === null || answer.restarted) state.events = [];
      state.events = [...fresh, ...state.events].slice(0, MOST_EVENTS);
      state.lastSequence = answer.last;
      const sampling = answer.sampling || {};
      setText($('events-note'), sampling.sampledOut > 0 ? countText(sampling.sampledOut) + ' more were only counted: at most ' +
        whole.format(sampling.mostInSecond) + ' frequent ones a second are kept' : '');
      if (fresh.length || after === null || answer.restarted) drawEvents();
      // An answer without news that came at once would be asked for again at once.
      return fresh.length || Date.now() - started > 1000 ? 500 : 2000;
    } catch (e) {
      if (e instanceof Refusal) {
        const [what, remedy] = explain(e);
        state.events = [];
        drawEvents();
        setText($('events-empty'), what + ' ' + remedy);
        return 15_000;
      }
      if (e instanceof Away) {
        if (!eventsCut.now.signal.aborted) state.lastSequence = null;
        return 2000;
      }
      throw e;
    }
  }

  // ----------------------------------------------------------------------------------------- writes

  /** Whether writes are allowed is what the endpoint itself answers; buttons are there only then. */
  async function pollAccess() {
    if (!state.port) return 500;
    try {
      const answer = await fetch('iocp/' + encodeURIComponent(state.port) + '/pause',
        { method: 'OPTIONS', cache: 'no-store', credentials: 'same-origin', redirect: 'manual' });
      const writable = answer.ok && /\bPOST\b/.test(answer.headers.get('Allow') || '');
      if (writable !== state.writable) {
        state.writable = writable;
        drawPort();
        wakeConnections();
      }
      setText($('access'), writable ? 'Writes are allowed here; each is audited.' : 'Read-only: no write is allowed here.');
      return 30_000;
    } catch (e) {
      if (e instanceof TypeError) return 10_000;
      throw e;
    }
  }

  function confirmed(title, text, verb) {
    const dialog = $('confirm');
    setText($('confirm-title'), title);
    setText($('confirm-text'), text);
    setText($('confirm-yes'), verb);
    dialog.returnValue = '';
    dialog.showModal();
    $('confirm-no').focus();
    return new Promise(done => dialog.addEventListener('close', () => done(dialog.returnValue === 'yes'), { once: true }));
  }

  async function attempt(path, options, success) {
    setText($('outcome'), '');
    try {
      const answer = await ask(path, options);
      setText($('outcome'), typeof success === 'function' ? success(answer) : success);
    } catch (e) {
      if (e instanceof Refusal) {
        const body = e.body || {};
        const said = [body.cause || body.message || body.detail, body.remedy].map(sentence).join(' ').trim();
        setText($('outcome'), 'Refused (' + e.status + '). ' + (said || (e.status === 401 || e.status === 403 || e.status === 405 ? 'You may not do this.' : 'The log of the application says why.')));
      } else if (e instanceof Away) {
        setText($('outcome'), 'No answer: whether it was done is not known.');
      } else {
        throw e;
      }
    }
    wakePorts();
    wakeConnections();
  }
  const write = (action, body, success) =>
    attempt('iocp/' + encodeURIComponent(state.port) + '/' + action, { method: 'POST', json: body }, success);

  async function drain(server) {
    if (await confirmed("Drain server '" + server.name + "'?", 'It accepts no more, and each of its ' + whole.format(server.connections) +
      ' connections is closed as soon as it is idle. It can be resumed.', 'Drain it')) {
      await write('drain', { server: server.name }, "Server '" + server.name + "' drains.");
    }
  }

  async function close(connection) {
    if (await confirmed('Close connection ' + connection.id + '?', 'The peer ' + address(connection.peer) + ' is cut off at once.', 'Close it')) {
      await attempt('iocp/' + encodeURIComponent(state.port) + '/connections/' + encodeURIComponent(connection.id),
        { method: 'DELETE' }, 'Connection ' + connection.id + ' is closed.');
    }
  }

  // ------------------------------------------------------------------------------------------ theme

  const THEMES = ['auto', 'light', 'dark'];
  function keep(name, value) {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch {
      // Storage may be forbidden: then the choice lasts as long as the page.
    }
    return null;
  }
  function theme(name) {
    const chosen = THEMES.includes(name) ? name : 'auto';
    document.documentElement.dataset.theme = chosen;
    setText($('theme'), chosen[0].toUpperCase() + chosen.slice(1));
    setAttribute($('theme'), 'aria-label', 'Theme: ' + (chosen === 'auto' ? 'as the system' : chosen));
    return chosen;
  }

  // ------------------------------------------------------------------------------------------ start

  const wakePorts = repeat(pollPorts, () => state.interval);
  const wakeLatency = repeat(pollLatency, () => LATENCY_EVERY_MS);
  const wakeConnections = repeat(pollConnections, () => 2000);
  const wakeEvents = repeat(pollEvents, () => 1000);
  const wakeAccess = repeat(pollAccess, () => 30_000);
  function wakeAll() {
    wakeLatency();
    wakeConnections();
    wakeEvents();
    wakeAccess();
  }

  setText($('host'), location.host);
  document.title = 'Completion ports \u2013 ' + location.host;
  theme(query.get('theme') || keep('iocp.theme'));
  const interval = query.get('interval') || keep('iocp.interval');
  if ([...$('interval').options].some(o => o.value === interval)) {
    $('interval').value = interval;
    state.interval = Number(interval);
  }

  $('theme').addEventListener('click', () => {
    keep('iocp.theme', theme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]));
  });
  $('interval').addEventListener('change', () => {
    state.interval = Number($('interval').value);
    keep('iocp.interval', $('interval').value);
    wakePorts();
  });
  $('pause').addEventListener('click', () => {
    state.paused = !state.paused;
    setAttribute($('pause'), 'aria-pressed', state.paused);
    if (state.paused) {
      if (eventsCut.now) eventsCut.now.abort();
      link('paused', 'Paused');
      $('main').classList.remove('stale');
    } else {
      link('waiting', 'Connecting');
      wakePorts();
      wakeAll();
    }
  });
  $('port').addEventListener('change', () => {
    state.port = $('port').value;
    state.page = 0;
    drawPort();
    drawEvents();
    wakeConnections();
    wakeLatency();
  });
  $('connections-form').addEventListener('submit', event => event.preventDefault());
  $('connections-filter').addEventListener('input', () => { state.page = 0; wakeConnections(); });
  $('connections-size').addEventListener('change', () => { state.page = 0; wakeConnections(); });
  $('previous').addEventListener('click', () => { state.page = Math.max(0, state.page - 1); wakeConnections(); });
  $('next').addEventListener('click', () => { state.page++; wakeConnections(); });
  $('events-type').addEventListener('change', drawEvents);
  $('events-filter').addEventListener('input', drawEvents);
  $('events-hold').addEventListener('click', () => {
    state.held = !state.held;
    setAttribute($('events-hold'), 'aria-pressed', state.held);
    drawEvents();
  });
  $('confirm-no').addEventListener('click', () => $('confirm').close('no'));
  $('confirm-yes').addEventListener('click', () => $('confirm').close('yes'));
  $('workers-set').addEventListener('click', () => {
    const max = Number($('workers-max').value);
    write('workers', { max }, answer => 'There may be ' + answer.result.max + ' workers now, not ' + answer.result.was + '.');
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') {
      wakePorts();
      wakeAll();
    } else if (eventsCut.now) {
      eventsCut.now.abort();
    }
  });

  drawTiles();
  wakePorts();
  wakeAll();
})();
