// Makes pages nicer that work without it: shows passwords on demand, sends forms without leaving the page, copies texts,
// tells times in the reader's own zone. Everything hangs on the document, because a form's answer replaces the body.

const patience = 20_000;
const slow = 1500;

document.addEventListener('submit', (event) => {
  const form = event.target;
  const button = event.submitter;
  if (button?.dataset.confirm && !window.confirm(button.dataset.confirm)) return event.preventDefault();
  if (form.dataset.try !== undefined) event.preventDefault();
  if (form.dataset.try !== undefined) return void tryRoute(form);
  if (form.method !== 'post' || form.target) return;
  event.preventDefault();
  if (form.getAttribute('aria-busy') !== 'true') void send(form, button);
});

document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.dataset.reveals) reveal(button);
  if (button?.dataset.copies) void copy(button);
});

enhance();

/** What another form's answer brought is made nicer as well. */
function enhance() {
  for (const part of document.querySelectorAll('[data-reveals], [data-copies], [data-try]')) part.hidden = false;
  for (const time of document.querySelectorAll('time[data-style]')) time.textContent = localTime(time);
  document.dispatchEvent(new Event('page'));
}

function localTime(time) {
  const style = time.dataset.style;
  const options = style === 'date' ? { dateStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' };
  return new Intl.DateTimeFormat(document.documentElement.lang, options).format(new Date(time.dateTime));
}

function reveal(button) {
  const input = document.getElementById(button.dataset.reveals);
  const shown = input.type === 'password';
  input.type = shown ? 'text' : 'password';
  button.setAttribute('aria-pressed', String(shown));
  button.textContent = shown ? button.dataset.hide : button.dataset.show;
  input.focus();
}

async function copy(button) {
  const input = document.getElementById(button.dataset.copies);
  input.select();
  await navigator.clipboard?.writeText(input.value).catch(() => document.execCommand('copy'));
  button.textContent = button.dataset.done;
}

/** A script cannot see where a redirect leads, so the server names the place in a header. */
async function send(form, button) {
  const headers = { Accept: 'text/html', 'X-Requested-With': 'page' };
  const body = new URLSearchParams(new FormData(form, button));
  const action = button?.getAttribute('formaction') ?? form.getAttribute('action');
  form.setAttribute('aria-busy', 'true');
  const waiting = setTimeout(() => tell(form, 'working'), slow);
  try {
    const answer = await fetch(action, { method: 'POST', headers, body, signal: AbortSignal.timeout(patience) });
    const next = answer.headers.get('X-Location');
    if (next) return go(next);
    if (!answer.headers.get('Content-Type')?.startsWith('text/html')) throw new Error('no page');
    show(await answer.text());
  } catch {
    tell(form, 'noAnswer');
  }
  clearTimeout(waiting);
  form.removeAttribute('aria-busy');
}

function go(next) {
  const here = location.href.split('#')[0];
  if (next.split('#')[0] === here) location.reload();
  else location.assign(next);
}

function show(text) {
  const page = new DOMParser().parseFromString(text, 'text/html');
  document.title = page.title;
  document.body.className = page.body.className;
  document.body.innerHTML = page.body.innerHTML;
  enhance();
  const first = document.querySelector('[aria-invalid="true"]') ?? document.querySelector('[role="alert"], h1');
  if (!first.matches('input, select, textarea')) first.tabIndex = -1;
  first.focus();
}

/** Nothing that was typed is lost: the page stays as it is, and says what is going on. */
function tell(form, what) {
  const message = form.querySelector('.told') ?? document.createElement('p');
  message.className = what === 'noAnswer' ? 'message bad told' : 'message told';
  message.setAttribute('role', what === 'noAnswer' ? 'alert' : 'status');
  form.prepend(message);
  message.textContent = form.dataset[what];
}

/** Calls a route as a script of this site would, and shows the answer as it came. */
async function tryRoute(form) {
  const { 'try-method': method, 'try-path': path, 'try-body': body } = Object.fromEntries(new FormData(form));
  const token = /(?:^|; )XSRF-TOKEN=([^;]+)/.exec(document.cookie)?.[1];
  const headers = {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    ...(token && { 'X-CSRF-Token': token }),
  };
  const sends = method !== 'GET' && method !== 'HEAD' && body.trim() !== '';
  const output = form.parentElement.querySelector('[data-answer]');
  const start = performance.now();
  output.hidden = false;
  try {
    const answer = await fetch(path, { method, headers, redirect: 'manual', ...(sends && { body }) });
    const lines = [...answer.headers].map(([name, value]) => `${name}: ${value}`);
    const time = Math.round(performance.now() - start);
    output.textContent = [`${answer.status || answer.type} · ${time} ms`, ...lines, '', await answer.text()].join('\n');
  } catch {
    output.textContent = form.dataset.noAnswer;
  }
  output.focus();
}
