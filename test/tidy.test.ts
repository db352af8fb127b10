/**
 * Goal: the rules of `support/tidy-table.ts` hold for this project, and each of them can be broken.
 * Method: the checks run over the project, then over a small tidy project in a temporary folder, where one violation at
 * a time is planted and has to be found, by its rule and in its file, and nothing else.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checks, tidyFindings } from './support/tidy-checks.ts';

type Files = Readonly<Record<string, string>>;

const root = join(import.meta.dirname, '..');

const packageJson = {
  version: '1.2.3',
  bin: { tidy: './dist/cli/main.js' },
  exports: { '.': { default: './dist/index.js' }, './package.json': './package.json' },
  dependencies: { lmdb: '^3.0.0' },
};

const tidyProject: Files = {
  'package.json': JSON.stringify(packageJson),
  'README.md': 'See [the map](src/README.md#the-map), [npm](https://www.npmjs.com) and [above](#above).\n',
  'CHANGELOG.md': '# Changelog\n\n## [1.2.3] - 2026-01-01\n',
  'src/README.md': '| read | `cache/item-cache.ts` |\n| tests | `test/cache/item-cache.test.ts` |\n',
  'src/index.ts': "export { ItemCache } from './cache/item-cache.ts';\nexport { openStore } from './store/open.ts';\n",
  'src/base/clock.ts': 'export const now = () => Date.now();\n',
  'src/cache/item-cache.ts':
    "import { now } from '../base/clock.ts';\nexport class ItemCache {\n  readonly born = now();\n}\n",
  'src/store/open.ts': "import { open } from 'lmdb';\nexport const openStore = () => open({});\n",
  'src/cli/main.ts': "import { ItemCache } from '../cache/item-cache.ts';\nvoid new ItemCache();\n",
  'test/cache/item-cache.test.ts': 'setTimeout(() => undefined, 1);\nconst at = new Date();\nvoid at;\n',
};

/** A file of the tidy project with something added in front. */
const prefixed = (path: string, text: string): Files => ({ [path]: `${text}\n${tidyProject[path] ?? ''}` });
/** The tidy project's package with one more export. */
const exporting = (target: string): Files => ({
  'package.json': JSON.stringify({
    ...packageJson,
    exports: { ...packageJson.exports, './more': { default: target } },
  }),
});
const cache = 'src/cache/item-cache.ts';
const manyLines = (count: number) => '// One line.\n'.repeat(count);

const violations: readonly { rule: keyof typeof checks; planted: string; file: string; files: Files }[] = [
  {
    rule: 'layers point one way',
    planted: 'a cache that knows the model',
    file: cache,
    files: {
      ...prefixed(cache, "import type { Item } from '../model/item.ts';"),
      'src/model/item.ts': 'export type Item = 1;\n',
    },
  },
  {
    rule: 'layers point one way',
    planted: 'a lower layer that loads a higher one at run time',
    file: 'src/base/clock.ts',
    files: prefixed('src/base/clock.ts', "export const later = () => import('../cache/item-cache.ts');"),
  },
  {
    rule: 'layers point one way',
    planted: 'a layer that imports the index',
    file: 'src/cli/main.ts',
    files: prefixed('src/cli/main.ts', "import * as all from '../index.ts';\nvoid all;"),
  },
  {
    rule: 'layers point one way',
    planted: 'a source that imports a test',
    file: cache,
    files: prefixed(cache, "import '../../test/cache/item-cache.test.ts';"),
  },
  {
    rule: 'layers point one way',
    planted: 'a folder that is no layer',
    file: 'src/magic/wand.ts',
    files: { 'src/magic/wand.ts': 'export const wand = 1;\n', ...exporting('./dist/magic/wand.js') },
  },
  {
    rule: 'restricted imports',
    planted: 'lmdb outside the store',
    file: cache,
    files: prefixed(cache, "import { open } from 'lmdb';\nvoid open;"),
  },
  {
    rule: 'restricted imports',
    planted: 'random bytes outside the clock',
    file: cache,
    files: prefixed(cache, "import { createHash, randomUUID } from 'node:crypto';\nvoid [createHash, randomUUID];"),
  },
  {
    rule: 'restricted imports',
    planted: 'timers outside the clock',
    file: cache,
    files: prefixed(cache, "import { setTimeout as delay } from 'node:timers/promises';\nvoid delay;"),
  },
  ...[
    'Date.now()',
    'new Date()',
    'Date()',
    'setTimeout(() => 1, 2)',
    'setInterval(() => 1, 2)',
    'globalThis.setImmediate(() => 1)',
    '[1].forEach(setImmediate)',
    'Math.random()',
    'performance.now()',
    'globalThis.performance.now()',
    'process.hrtime.bigint()',
    'AbortSignal.timeout(5)',
    'crypto.randomUUID()',
  ].map((use) => ({
    rule: 'clocks only in the clock' as const,
    planted: use,
    file: cache,
    files: prefixed(cache, `export const use = () => ${use};`),
  })),
  {
    rule: 'packages are declared',
    planted: 'a package that package.json does not name',
    file: cache,
    files: prefixed(cache, "import leftPad from 'left-pad';\nvoid leftPad;"),
  },
  {
    rule: 'files and functions are short',
    planted: 'a file of 401 lines',
    file: cache,
    files: { [cache]: manyLines(397) + tidyProject[cache]! },
  },
  {
    rule: 'files and functions are short',
    planted: 'a function of 71 lines',
    file: cache,
    files: prefixed(cache, `export const long = () => {\n${manyLines(69)}};`),
  },
  {
    rule: 'files and functions are short',
    planted: 'a test of 401 lines',
    file: 'test/long.test.ts',
    files: { 'test/long.test.ts': manyLines(401) },
  },
  {
    rule: 'two levels of folders',
    planted: 'a folder in a layer',
    file: 'src/cache/policy/lru.ts',
    files: { 'src/cache/policy/lru.ts': 'export const lru = 1;\n', ...prefixed(cache, "import './policy/lru.ts';") },
  },
  {
    rule: 'names say what a file is',
    planted: 'camel case',
    file: 'test/itemCache.test.ts',
    files: { 'test/itemCache.test.ts': 'void 0;\n' },
  },
  {
    rule: 'names say what a file is',
    planted: 'a name that says nothing',
    file: 'bench/string-utils.ts',
    files: { 'bench/string-utils.ts': 'void 0;\n' },
  },
  { rule: 'no default exports', planted: 'a default', file: cache, files: prefixed(cache, 'export default 1;') },
  {
    rule: 'no default exports',
    planted: 'a default by another name',
    file: cache,
    files: prefixed(cache, 'const one = 1;\nexport { one as default };'),
  },
  {
    rule: 'one index re-exports',
    planted: 'a second index',
    file: cache,
    files: prefixed(cache, "export { now } from '../base/clock.ts';"),
  },
  {
    rule: 'one index re-exports',
    planted: 'an index in two steps',
    file: cache,
    files: { [cache]: `${tidyProject[cache]}export { now };\n` },
  },
  {
    rule: 'no banned words',
    planted: 'a task left open',
    file: cache,
    files: prefixed(cache, `// ${'TO' + 'DO'}: later`),
  },
  {
    rule: 'no banned words',
    planted: 'a task left open in a page',
    file: 'README.md',
    files: prefixed('README.md', `${'FIX' + 'ME'} soon`),
  },
  {
    rule: 'no banned words',
    planted: 'a function without a body',
    file: cache,
    files: prefixed(cache, `export const stub = () => { throw new Error('${'Not ' + 'implemented'}'); };`),
  },
  {
    rule: 'no dead files',
    planted: 'a file that nothing imports',
    file: 'src/cache/alone.ts',
    files: { 'src/cache/alone.ts': "import './item-cache.ts';\n" },
  },
  {
    rule: 'no dead files',
    planted: 'an export without a file',
    file: 'package.json',
    files: exporting('./dist/cache/nothing.js'),
  },
  {
    rule: 'links and the map lead somewhere',
    planted: 'a link to nothing',
    file: 'README.md',
    files: prefixed('README.md', 'Read [this](docs/this.md).'),
  },
  {
    rule: 'links and the map lead somewhere',
    planted: 'a row of the map without a file',
    file: 'src/README.md',
    files: prefixed('src/README.md', '| write | `accelerator/write.ts` |'),
  },
  {
    rule: 'links and the map lead somewhere',
    planted: 'a file without its folder that is nowhere',
    file: 'src/README.md',
    files: prefixed('src/README.md', '| read | `item-cache.ts`, `read.ts` |'),
  },
  {
    rule: 'the version is the top of the changelog',
    planted: 'a release without its notes',
    file: 'CHANGELOG.md',
    files: { 'CHANGELOG.md': '# Changelog\n\n## [Unreleased]\n\n## [1.2.2] - 2026-01-01\n' },
  },
];

describe('this project', () => {
  it.each(Object.keys(checks))('is tidy: %s', (rule) => {
    expect(findings.filter((finding) => finding.rule === rule)).toEqual([]);
  });

  const findings = tidyFindings(root);
});

describe('the checks', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipstream-tidy-'));
    write(tidyProject);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }

  it('find nothing in a tidy project', () => {
    expect(tidyFindings(folder)).toEqual([]);
  });

  it.each(violations)('find, by "$rule": $planted', ({ rule, file, files }) => {
    write(files);
    const found = tidyFindings(folder).map((finding) => `${finding.rule}: ${finding.file}`);
    expect([...new Set(found)]).toEqual([`${rule}: ${file}`]);
  });

  it('find a page that is missing', () => {
    rmSync(join(folder, 'CHANGELOG.md'));
    expect(tidyFindings(folder)).toEqual([
      { rule: 'links and the map lead somewhere', file: 'CHANGELOG.md', line: 1, says: 'does not exist' },
    ]);
  });

  it('have a violation planted for each rule', () => {
    expect(new Set(violations.map(({ rule }) => rule))).toEqual(new Set(Object.keys(checks)));
  });

  it('name the line', () => {
    write(prefixed(cache, '// Two\n// lines.\nexport const at = Date.now();'));
    expect(tidyFindings(folder)).toMatchObject([{ file: cache, line: 3, says: 'Date.now outside the clock' }]);
  });
});
