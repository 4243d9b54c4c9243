// Drives Chromium by JSON lines: one command a line on standard input, one answer a line back.
//
// The stories are told in Rust; this is only the hand on the mouse. Each person of a story has a
// page of their own, with their own cookies. What a command names, it names as a person would:
// by the label of a field, by the words of a button.
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const patience = 30_000;
const pages = new Map();

const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // A story on loopback must not be helped past the proxy.
    '--proxy-bypass-list=<-loopback>',
  ],
});

function pageOf(name) {
  const page = pages.get(name);
  if (!page) throw new Error(`nobody opened the page of ${name}`);
  return page;
}

// A label goes on with its hint, and a button with words for those who do not see the row.
function beginning(words) {
  return new RegExp(`^\\s*${words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);
}

async function where(page, response) {
  return {
    url: page.url(),
    title: await page.title(),
    status: response?.status() ?? null,
    headers: response ? await response.allHeaders() : {},
  };
}

// A click that leads to another page is over when that page is there.
async function pressing(page, element) {
  await element.waitFor({ timeout: patience });
  await element.click({ timeout: patience });
  await page.waitForLoadState('load', { timeout: patience });
  return where(page, null);
}

const whole = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// What another width may alter: colours, sizes, and what can be scrolled.
const ofWidth = ['color-contrast', 'target-size', 'scrollable-region-focusable', 'link-in-text-block'];

// What of WCAG 2.2 AA a program can check, and whether the page is wider than its window.
async function examined(page, options) {
  const found = await page.evaluate((asked) => window.axe.run(document, asked), options);
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  const violations = found.violations.map((violation) => ({
    id: violation.id,
    help: violation.help,
    nodes: violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)),
  }));
  return { violations, wide };
}

const commands = {
  async open({ page, width = 1280, height = 900, proxy, script = true }) {
    const context = await browser.newContext({
      viewport: { width, height },
      ignoreHTTPSErrors: true,
      acceptDownloads: true,
      javaScriptEnabled: script,
      proxy: proxy ? { server: proxy } : undefined,
    });
    context.setDefaultTimeout(patience);
    pages.set(page, await context.newPage());
    return {};
  },
  async resize({ page, width, height = 900 }) {
    await pageOf(page).setViewportSize({ width, height });
    return {};
  },
  async goto({ page, url }) {
    const at = pageOf(page);
    return where(at, await at.goto(url, { waitUntil: 'load', timeout: patience }));
  },
  // Asks with the cookies of a page, and shows nothing.
  async fetch({ page, url, form }) {
    const asked = { timeout: patience, failOnStatusCode: false };
    if (form) {
      asked.method = 'POST';
      asked.maxRedirects = 0;
      asked.data = new URLSearchParams(form).toString();
      asked.headers = {
        'content-type': 'application/x-www-form-urlencoded',
        origin: new URL(url).origin,
      };
    }
    const response = await pageOf(page).context().request.fetch(url, asked);
    return { status: response.status(), headers: response.headers(), body: await response.text() };
  },
  // What could act in a page, once a browser's parser has read it.
  async parse({ page, html }) {
    return pageOf(page).evaluate((source) => {
      const read = new DOMParser().parseFromString(source, 'text/html');
      const acts = [];
      const tell = (element) => acts.push(element.outerHTML.slice(0, 300));
      read.querySelectorAll('script, iframe, frame, object, embed, base, applet, portal, meta[http-equiv]').forEach(tell);
      for (const element of read.querySelectorAll('*')) {
        for (const { name, value } of element.attributes) {
          const bare = value.replace(/[\u0000-\u0020]/g, '').toLowerCase();
          const scheme = /^[a-z][a-z0-9+.-]*:/.exec(bare)?.[0];
          const leads = ['href', 'src', 'action', 'formaction', 'srcset', 'xlink:href', 'data', 'poster'].includes(name);
          if (name.startsWith('on') || name === 'style' || name === 'autofocus') tell(element);
          else if (leads && scheme && bare !== 'data:,' && !['http:', 'https:', 'mailto:', 'tel:'].includes(scheme)) tell(element);
          else if (leads && bare.startsWith('//')) tell(element);
        }
      }
      return { acts, text: read.documentElement.textContent };
    }, html);
  },
  async fill({ page, label, value }) {
    await pageOf(page).getByLabel(beginning(label)).first().fill(value);
    return {};
  },
  async fill_in({ page, field, value }) {
    await pageOf(page).locator(`[name="${field}"]`).first().fill(value);
    return {};
  },
  async choose({ page, label, value }) {
    await pageOf(page).getByLabel(beginning(label)).first().selectOption(value);
    return {};
  },
  async tick({ page, label }) {
    await pageOf(page).getByLabel(beginning(label)).first().check();
    return {};
  },
  async untick({ page, label }) {
    await pageOf(page).getByLabel(beginning(label)).first().uncheck();
    return {};
  },
  async unfold({ page, name }) {
    await pageOf(page).locator('summary').filter({ hasText: beginning(name) }).first().click();
    return {};
  },
  async press({ page, name }) {
    const at = pageOf(page);
    return pressing(at, at.getByRole('button', { name: beginning(name) }).first());
  },
  async follow({ page, name }) {
    const at = pageOf(page);
    return pressing(at, at.getByRole('link', { name: beginning(name) }).first());
  },
  async download({ page, name, file }) {
    const at = pageOf(page);
    const coming = at.waitForEvent('download', { timeout: patience });
    await at.getByRole('link', { name: beginning(name) }).first().click();
    await (await coming).saveAs(file);
    return {};
  },
  async wait_for({ page, text }) {
    await pageOf(page).locator('[role=status], [role=alert], output, [aria-live]').filter({ hasText: text }).first().waitFor({ timeout: patience });
    return {};
  },
  async text({ page }) {
    return { text: await pageOf(page).locator('body').innerText() };
  },
  async source({ page }) {
    return { text: await pageOf(page).content() };
  },
  async links({ page }) {
    const found = await pageOf(page)
      .locator('a[href]')
      .evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    return { links: found };
  },
  async files({ page, label, files }) {
    await pageOf(page).getByLabel(beginning(label)).first().setInputFiles(files);
    return {};
  },
  async examine({ page }) {
    const at = pageOf(page);
    await at.evaluate(axe);
    return examined(at, { runOnly: whole });
  },
  // A page in two widths at one loading, with its pictures.
  async survey({ page, url, width, file, narrow }) {
    const at = pageOf(page);
    await at.setViewportSize({ width, height: 900 });
    const response = await at.goto(url, { waitUntil: 'load', timeout: patience });
    await at.evaluate(axe);
    const first = await examined(at, { runOnly: whole });
    await at.screenshot({ path: file, fullPage: true });
    await at.setViewportSize({ width: 320, height: 900 });
    const second = await examined(at, { runOnly: { type: 'rule', values: ofWidth } });
    await at.screenshot({ path: narrow, fullPage: true });
    return { ...(await where(at, response)), first, second };
  },
  // Walks with the Tab key; says what had the focus, and whether one could see that.
  async tabs({ page, most = 200 }) {
    const at = pageOf(page);
    const seen = [];
    for (let step = 0; step < most; step += 1) {
      await at.keyboard.press('Tab');
      const found = await at.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        return {
          name: (element.innerText || element.getAttribute('aria-label') || element.name || element.tagName).trim().slice(0, 60),
          seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
          height: box.height,
        };
      });
      if (!found) break;
      seen.push(found);
    }
    return { seen };
  },
  async picture({ page, file }) {
    await pageOf(page).screenshot({ path: file, fullPage: true });
    return {};
  },
  async print({ page, file }) {
    await pageOf(page).pdf({ path: file });
    return {};
  },
  async close({ page }) {
    await pageOf(page).context().close();
    pages.delete(page);
    return {};
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { command, ...asked } = JSON.parse(line);
    if (!Object.hasOwn(commands, command)) throw new Error(`no command ${command}`);
    answer = { ok: true, ...(await commands[command](asked)) };
  } catch (error) {
    const at = [...pages].map(([name, page]) => `${name}: ${page.url()}`).join(', ');
    answer = { ok: false, error: `${error.message}\n(${at})` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
