// Opens a page in a headless Chromium, as a reader would: light and dark, at the width of a desk and of a phone. Prints one line of
// JSON for each: what the console said, what was fetched, how wide the page is, and which barriers axe-core finds.
//
// node browser.mjs FOLDER-OF-NODE-MODULES CHROMIUM PAGE [PREFIX-OF-SCREENSHOTS]
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, executablePath, file, screenshots] = process.argv.slice(2);
const require = createRequire(`${resolve(modules)}/`);
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core/axe.min.js');
const address = pathToFileURL(file).href;

// In a container without user namespaces Chromium has no sandbox; what it opens is our own.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    const page = await context.newPage();
    const said = [];
    const fetched = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('request', (request) => fetched.push(request.url()));
    await page.goto(address);
    if (screenshots) {
      await page.screenshot({ path: `${screenshots}-${width}-${colorScheme}-top.png` });
      await page.screenshot({ path: `${screenshots}-${width}-${colorScheme}.png`, fullPage: true });
    }
    const shown = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      text: document.body.innerText,
      background: getComputedStyle(document.body).backgroundColor,
      scripts: document.scripts.length,
    }));
    const others = fetched.filter((url) => url !== address && !url.startsWith('data:'));
    await page.addScriptTag({ path: axe });
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const barriers = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`);
    console.log(JSON.stringify({ colorScheme, width, said, fetched: others, barriers, ...shown }));
    await context.close();
  }
}
await browser.close();
