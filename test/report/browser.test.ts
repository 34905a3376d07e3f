import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../shared/report/html.ts';
import { buildReport } from '../../shared/report/view.ts';
import { doubtfulEvaluation, richEvaluation } from './evaluation-fixtures.ts';
import * as fixtures from './fixtures.ts';
import * as trainings from './training-fixtures.ts';

const CHROMIUM = process.env['TRAINYARD_CHROMIUM'] ?? '/usr/bin/chromium';
const present = existsSync(CHROMIUM);
/** Missing on a machine of one's own it is skipped, in CI it fails. */
const skip = !present && process.env['CI'] !== 'true';

const PAGES = {
  pass: fixtures.passingRun(),
  fail: [fixtures.failedData({ notices: ['A notice.'] }), ...fixtures.failingRun().slice(1)],
  rollback: [fixtures.dataSection(), fixtures.failedTraining(), fixtures.rolledBackDeployment()],
  matrix: fixtures.matrixRun(),
  running: [fixtures.dataSection(), trainings.runningTraining()],
  detached: [fixtures.dataSection(), trainings.detachedTraining()],
  dispatched: [fixtures.dataSection(), trainings.dispatchedTraining()],
  reused: [fixtures.dataSection(), trainings.reusedTraining()],
  'queue-limit': [fixtures.dataSection(), trainings.queueLimitTraining()],
  examined: [richEvaluation()],
  doubtful: [doubtfulEvaluation()],
  long: [
    fixtures.failedEvaluation({
      summary: 'x'.repeat(400),
      body: fixtures.evaluationBody({
        rules: [fixtures.rule({ reason: 'y'.repeat(300), metric: 'z'.repeat(120) })],
        metrics: [{ name: 'm'.repeat(200), value: 1, baseline: 2, n: 3 }],
      }),
    }),
  ],
};

describe.skipIf(skip)(`report.html in Chromium (skipped where ${CHROMIUM} is missing)`, () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    const { chromium } = await import('playwright-core');
    browser = await chromium.launch({ executablePath: CHROMIUM });
    folder = await mkdtemp(join(tmpdir(), 'trainyard-report-'));
  });

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  const screens = Object.keys(PAGES).flatMap((name) =>
    ([360, 1280] as const).flatMap((width) =>
      (['light', 'dark'] as const).map((scheme) => ({ name, width, scheme })),
    ),
  );

  it.each(screens)('$name at $width px in $scheme', async ({ name, width, scheme }) => {
    const file = join(folder, `${name}.html`);
    await writeFile(file, await renderHtml(buildReport(PAGES[name as keyof typeof PAGES])));
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
    const said: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    await page.route('**/*', async (route) => {
      requests.push(route.request().url());
      await route.continue();
    });
    await page.goto(pathToFileURL(file).href);
    // Everything that is folded is part of the page, too.
    await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");

    expect(said).toEqual([]);
    expect(requests.filter((url) => !/^(?:file|data):/.test(url))).toEqual([]);
    expect(
      await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'),
    ).toBeLessThanOrEqual(0);
    const outside = await page.evaluate(
      "[...document.querySelectorAll('main *')].filter((each) => !each.closest('.scroll, pre, svg, .hidden') && each.getBoundingClientRect().right > window.innerWidth + 1).map((each) => each.className || each.tagName)",
    );
    expect(outside).toEqual([]);
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe(scheme === 'dark' ? 'rgb(13, 18, 25)' : 'rgb(245, 246, 248)');
    // Pictures take the page's colours: a variable that is unknown would be drawn black.
    const strokes = await page.evaluate(
      "[...document.querySelectorAll('.chart .mark-line path')].map((each) => getComputedStyle(each).stroke)",
    );
    expect(strokes).not.toContain('none');
    expect(strokes).not.toContain('rgb(0, 0, 0)');
    // A bar is drawn within its box, and wide enough to be read.
    const narrow = await page.evaluate(
      "[...document.querySelectorAll('svg.interval')].filter((each) => each.getBoundingClientRect().width < 100).length",
    );
    expect(narrow).toBe(0);
    // On a phone the rules are cards, so that no bar lies beside the screen.
    const beside = await page.evaluate(
      "window.innerWidth > 680 ? 0 : [...document.querySelectorAll('svg.interval')].filter((each) => each.getBoundingClientRect().right > window.innerWidth).length",
    );
    expect(beside).toBe(0);
    const unpainted = await page.evaluate(
      "[...document.querySelectorAll('svg.interval line, svg.interval circle')].filter((each) => getComputedStyle(each).stroke === 'none').length",
    );
    expect(unpainted).toBe(0);

    const pictures = process.env['TRAINYARD_SCREENSHOTS'] ?? folder;
    await mkdir(pictures, { recursive: true });
    const picture = await page.screenshot({
      path: join(pictures, `${name}-${width}-${scheme}.png`),
      fullPage: true,
    });
    expect(picture.byteLength).toBeGreaterThan(10_000);
    await page.close();
  });

  it('has text of enough contrast in light and dark (WCAG 2.2, 1.4.3)', async () => {
    const file = join(folder, 'contrast.html');
    await writeFile(file, await renderHtml(buildReport(fixtures.failingRun())));
    for (const scheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme: scheme });
      await page.goto(pathToFileURL(file).href);
      const read = async (name: string): Promise<string> =>
        String(
          await page.evaluate(
            `getComputedStyle(document.documentElement).getPropertyValue('--${name}').trim()`,
          ),
        );
      for (const tone of ['good', 'bad', 'doubt', 'busy', 'muted']) {
        const ink = await read(tone);
        expect(
          contrast(ink, await read(`${tone}-tint`)),
          `${tone} on its tint in ${scheme}`,
        ).toBeGreaterThanOrEqual(4.5);
        expect(contrast(ink, await read('card')), `${tone} on a card in ${scheme}`).toBeGreaterThanOrEqual(
          4.5,
        );
      }
      for (const ground of ['card', 'paper', 'sunken']) {
        expect(
          contrast(await read('ink-soft'), await read(ground)),
          `soft ink on ${ground}`,
        ).toBeGreaterThanOrEqual(4.5);
      }
      await page.close();
    }
  });
});

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const digits =
      colour.length === 4 ? (colour[(start + 1) / 2] ?? '').repeat(2) : colour.slice(start, start + 2);
    const share = Number.parseInt(digits, 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}
