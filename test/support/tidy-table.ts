/** What tidy code is, as one table. `tidy-checks.ts` reads it; `test/tidy.test.ts` runs it and proves that it can fail. */

export interface RestrictedImport {
  /** A package (with all its paths), or a scope that ends in `/`. */
  readonly module: string;
  /** Only these names of it are restricted; all of them where absent. */
  readonly names?: readonly string[];
  /** Folders and files of `src/` that may import it. */
  readonly allowedIn: readonly string[];
}

const data = ['base', 'model', 'expression', 'wire'];
const path = [...data, 'cache', 'backing', 'feed', 'accelerator'];

export const tidyTable = {
  /** Folders that hold code. The rules about layers, clocks, packages and dead files are those of `src`. */
  codeFolders: ['src', 'test', 'bench', 'scripts'],

  /** Each layer of `src/` with the layers that it may import, types included; `index.ts` may import all but `testing`. */
  layers: {
    base: [],
    model: ['base'],
    expression: ['base', 'model'],
    wire: ['base', 'model', 'expression'],
    cache: ['base'],
    backing: data,
    feed: [...data, 'backing'],
    store: [...data, 'backing', 'feed'],
    accelerator: [...data, 'cache', 'backing', 'feed'],
    client: path,
    proxy: path,
    telemetry: path,
    testing: [...data, 'cache', 'backing'],
    // The command line offers the faults of `testing` to whoever starts a store to test against.
    cli: [...path, 'store', 'client', 'proxy', 'telemetry', 'testing'],
    index: [...path, 'store', 'client', 'proxy', 'telemetry', 'cli'],
  } as Readonly<Record<string, readonly string[]>>,

  restrictedImports: [
    { module: 'lmdb', allowedIn: ['store/'] },
    { module: 'undici', allowedIn: ['backing/', 'client/'] },
    { module: 'ws', allowedIn: ['feed/', 'proxy/'] },
    { module: '@aws-sdk/credential-provider-node', allowedIn: ['backing/credentials.ts'] },
    { module: '@aws-sdk/', allowedIn: ['client/', 'feed/', 'backing/credentials.ts'] },
    { module: 'prom-client', allowedIn: ['telemetry/'] },
    { module: 'commander', allowedIn: ['cli/'] },
    { module: 'cli-progress', allowedIn: ['cli/'] },
    { module: 'node:timers', allowedIn: ['base/clock.ts'] },
    { module: 'node:perf_hooks', allowedIn: ['base/clock.ts'] },
    {
      module: 'node:crypto',
      names: [
        'getRandomValues',
        'randomBytes',
        'randomFill',
        'randomFillSync',
        'randomInt',
        'randomUUID',
        '*',
        'default',
      ],
      allowedIn: ['base/clock.ts'],
    },
  ] as readonly RestrictedImport[],

  /** The files of `src/` that read clocks, set timers and draw random numbers: the clock, and the one that stands in for it. */
  clockFiles: ['src/base/clock.ts', 'src/testing/virtual-clock.ts'],

  /** Files that may re-export: the index, and what `package.json` exports besides it. */
  reExportingFiles: [
    'src/index.ts',
    'src/accelerator/accelerator.ts',
    'src/client/client-dynamodb.ts',
    'src/client/lib-dynamodb.ts',
    'src/proxy/proxy.ts',
    'src/store/embedded-store.ts',
    'src/testing/testing.ts',
  ],

  /** Packages that `src/` may import without declaring them as a dependency, because it does without where they are missing. */
  optionalPackages: ['vega-datasets'],

  /** Tools that read their configuration from a default export. */
  defaultExportingFiles: ['vitest.config.ts', 'test/support/summary-reporter.ts'],

  limits: { fileLines: 400, functionLines: 70 },
  /** Functions of tests are suites, as long as their cases. */
  functionLimitFolders: ['src', 'bench', 'scripts', 'test/support'],

  /** Depth of a file below `src/`: `<layer>/<file>.ts`, and one more where a protocol has a folder of its own. */
  folders: { depth: 2, deeper: ['src/wire/dax/'] },

  /** What a file of code may be called: kebab-case, then an optional role and the extension. */
  fileName: /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|bench|d))?\.ts$/,
  folderName: /^[a-z0-9]+(-[a-z0-9]+)*$/,
  bannedInNames: ['common', 'data', 'factory', 'helper', 'helpers', 'info', 'manager', 'misc', 'util', 'utils'],

  /** Spelled in two halves here, so that this file passes its own rule. */
  bannedInText: [
    new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`),
    new RegExp(`\\bnot ${'(yet )?implemented'}\\b`, 'i'),
  ],

  /** Pages whose links and paths of files must lead somewhere. */
  pages: ['README.md', 'CHANGELOG.md', 'src/README.md'],
  /** The map: every file it shows in backticks exists, by its path below `src/` or the root, or by its bare name. */
  map: 'src/README.md',
} as const;
