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
  // What of WCAG 2.2 AA a program can check, and whether the page is wider than its window.
  async examine({ page }) {
    const at = pageOf(page);
    await at.evaluate(axe);
    const found = await at.evaluate(() =>
      window.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      }),
    );
    const wide = await at.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    const violations = found.violations.map((violation) => ({
      id: violation.id,
      help: violation.help,
      nodes: violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)),
    }));
    return { violations, wide };
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
