/** The checks behind the tidy test: each one reads a project's files and says what breaks a rule of `tidy-table.ts`. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { parseSource } from './source-file.ts';
import type { SourceFile } from './source-file.ts';
import { tidyTable } from './tidy-table.ts';

export interface Finding {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly says: string;
}

interface PackageJson {
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | { readonly default: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface Project {
  readonly root: string;
  readonly packageJson: PackageJson;
  readonly files: readonly SourceFile[];
  /** The files of `src/`. */
  readonly sources: readonly SourceFile[];
}

type Check = (project: Project) => Iterable<Omit<Finding, 'rule'>>;

/** All that is not tidy below `root`, in order of rule and file. */
export function tidyFindings(root: string): Finding[] {
  const files = tidyTable.codeFolders
    .flatMap((folder) => typescriptBelow(root, folder))
    .concat(readdirSync(root).filter((name) => name.endsWith('.ts')))
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
  const project: Project = {
    root,
    packageJson: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageJson,
    files,
    sources: files.filter(({ path }) => path.startsWith('src/')),
  };
  return Object.entries(checks).flatMap(([rule, check]) => Array.from(check(project), (each) => ({ rule, ...each })));
}

/** By name of the rule. */
export const checks = {
  *'layers point one way'({ sources }) {
    for (const { path, imports } of sources) {
      const layer = layerOf(path);
      const allowed = tidyTable.layers[layer];
      if (allowed === undefined) {
        yield { file: path, line: 1, says: `${layer} is not a layer of the table` };
        continue;
      }
      for (const { specifier, line } of imports.filter(isRelative)) {
        const target = posix.join(dirname(path), specifier);
        const other = target.startsWith('src/') ? layerOf(target) : target;
        if (other !== layer && !allowed.includes(other)) {
          yield { file: path, line, says: `${layer} may not import ${other}` };
        }
      }
    }
  },

  *'restricted imports'({ sources }) {
    for (const { path, imports } of sources) {
      for (const { specifier, names, line } of imports) {
        const row = tidyTable.restrictedImports.find(
          (each) => matchesModule(specifier, each.module) && (each.names?.some((name) => names.includes(name)) ?? true),
        );
        if (row === undefined || row.allowedIn.some((place) => path.startsWith(`src/${place}`))) continue;
        yield { file: path, line, says: `${specifier} is imported only in ${row.allowedIn.join(', ')}` };
      }
    }
  },

  *'clocks only in the clock'({ sources }) {
    for (const { path, clockUses } of sources) {
      if (tidyTable.clockFiles.some((file) => file === path)) continue;
      for (const { what, line } of clockUses) {
        yield { file: path, line, says: `${what} outside the clock` };
      }
    }
  },

  *'packages are declared'({ sources, packageJson }) {
    const declared = [
      ...Object.keys(packageJson.dependencies ?? {}),
      ...Object.keys(packageJson.peerDependencies ?? {}),
      ...tidyTable.optionalPackages,
    ];
    for (const { path, imports } of sources) {
      for (const { specifier, line } of imports) {
        if (isRelative({ specifier }) || specifier.startsWith('node:')) continue;
        if (!declared.some((name) => matchesModule(specifier, name))) {
          yield { file: path, line, says: `${specifier} is no dependency of the package` };
        }
      }
    }
  },

  *'files and functions are short'({ files }) {
    const { fileLines, functionLines } = tidyTable.limits;
    for (const { path, lines, functions } of files) {
      if (lines > fileLines) yield { file: path, line: lines, says: `${lines} lines, at most ${fileLines}` };
      if (!tidyTable.functionLimitFolders.some((folder) => path.startsWith(`${folder}/`))) continue;
      for (const each of functions.filter((one) => one.lines > functionLines)) {
        yield { file: path, line: each.line, says: `${each.what} has ${each.lines} lines, at most ${functionLines}` };
      }
    }
  },

  *'two levels of folders'({ sources }) {
    for (const { path } of sources) {
      if (path === 'src/index.ts') continue;
      const deeper = tidyTable.folders.deeper.some((folder) => path.startsWith(folder)) ? 1 : 0;
      const depth = path.split('/').length - 1;
      if (depth !== tidyTable.folders.depth + deeper) yield { file: path, line: 1, says: `is ${depth} folders deep` };
    }
  },

  *'names say what a file is'({ files }) {
    for (const { path } of files) {
      const folders = dirname(path) === '.' ? [] : dirname(path).split('/');
      const isKebab =
        tidyTable.fileName.test(basename(path)) && folders.every((name) => tidyTable.folderName.test(name));
      if (!isKebab && path !== 'vitest.config.ts') yield { file: path, line: 1, says: 'is not in kebab-case' };
      const words: readonly string[] = path.split(/[/.-]/);
      for (const banned of tidyTable.bannedInNames.filter((word) => words.includes(word))) {
        yield { file: path, line: 1, says: `"${banned}" in a name says nothing` };
      }
    }
  },

  *'no default exports'({ files }) {
    for (const { path, defaultExports } of files) {
      if (tidyTable.defaultExportingFiles.some((file) => file === path)) continue;
      for (const { line } of defaultExports) yield { file: path, line, says: 'exports a default' };
    }
  },

  *'one index re-exports'({ sources }) {
    for (const { path, reExports } of sources) {
      if (tidyTable.reExportingFiles.some((file) => file === path)) continue;
      for (const { what, line } of reExports) yield { file: path, line, says: `exports what ${what} exports` };
    }
  },

  *'no banned words'({ root, files }) {
    const pages = existingPages(root).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
    for (const { path, text } of [...files, ...pages]) {
      for (const [index, line] of text.split('\n').entries()) {
        const word = tidyTable.bannedInText
          .map((banned) => banned.exec(line)?.[0])
          .find((match) => match !== undefined);
        if (word !== undefined) yield { file: path, line: index + 1, says: `says "${word.trim()}"` };
      }
    }
  },

  *'no dead files'({ sources, packageJson }) {
    const byPath = new Map(sources.map((file) => [file.path, file]));
    const entries = entryFiles(packageJson);
    for (const entry of entries) {
      if (!byPath.has(entry)) yield { file: 'package.json', line: 1, says: `exports ${entry}, which does not exist` };
    }
    const reached = new Set<string>();
    const queue = [...entries];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      const file = byPath.get(path);
      if (file === undefined || reached.has(path)) continue;
      reached.add(path);
      for (const { specifier } of file.imports.filter(isRelative)) queue.push(posix.join(dirname(path), specifier));
    }
    for (const { path } of sources) {
      if (!reached.has(path)) yield { file: path, line: 1, says: 'nothing that the package exports imports it' };
    }
  },

  *'links and the map lead somewhere'({ root, files }) {
    for (const page of tidyTable.pages) {
      if (!existsSync(join(root, page))) yield { file: page, line: 1, says: 'does not exist' };
    }
    const names = new Set(files.map(({ path }) => basename(path)));
    for (const page of existingPages(root)) {
      for (const [index, line] of readFileSync(join(root, page), 'utf8').split('\n').entries()) {
        for (const link of relativeLinks(line)) {
          if (existsSync(join(root, dirname(page), link))) continue;
          yield { file: page, line: index + 1, says: `links to ${link}` };
        }
        for (const shown of page === tidyTable.map ? filesInBackticks(line) : []) {
          if (names.has(shown) || existsSync(join(root, 'src', shown)) || existsSync(join(root, shown))) continue;
          yield { file: page, line: index + 1, says: `shows ${shown}, which does not exist` };
        }
      }
    }
  },

  *'the version is the top of the changelog'({ root, packageJson: { version } }) {
    const changelog = join(root, 'CHANGELOG.md');
    if (!existsSync(changelog)) return;
    const top = /^## \[?(\d+\.\d+\.\d+[^\]\s]*)/m.exec(readFileSync(changelog, 'utf8'))?.[1];
    if (top !== version) {
      yield { file: 'CHANGELOG.md', line: 1, says: `begins with ${top}, the package has ${version}` };
    }
  },
} satisfies Record<string, Check>;

function typescriptBelow(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** `model` of `src/model/key.ts`, `index` of `src/index.ts`. */
function layerOf(path: string): string {
  const [, layer = ''] = path.split('/');
  return layer.endsWith('.ts') ? layer.slice(0, -'.ts'.length) : layer;
}

function isRelative({ specifier }: { readonly specifier: string }): boolean {
  return specifier.startsWith('.');
}

function matchesModule(specifier: string, module: string): boolean {
  return specifier === module || specifier.startsWith(module.endsWith('/') ? module : `${module}/`);
}

/** The sources of what `package.json` exports and installs: `./dist/a/b.js` was `src/a/b.ts`. */
function entryFiles({ bin = {}, exports = {} }: PackageJson): string[] {
  return [...Object.values(bin), ...Object.values(exports)]
    .map((target) => (typeof target === 'string' ? target : target.default))
    .filter((target) => target.startsWith('./dist/'))
    .map((target) => target.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts'));
}

function existingPages(root: string): string[] {
  return tidyTable.pages.filter((page) => existsSync(join(root, page)));
}

/** Targets of Markdown links that are neither addresses nor places in the same page, without their `#place`. */
function relativeLinks(line: string): string[] {
  return Array.from(line.matchAll(/\]\(([^)\s]+)\)/g), (match) => match[1]!)
    .filter((link) => !/^([a-z]+:|#)/.test(link))
    .map((link) => link.replace(/#.*$/, ''));
}

/** `cache/item-cache.ts` and `item-cache.ts` in backticks, also where a `#name` or `:line` follows. */
function filesInBackticks(line: string): string[] {
  return Array.from(line.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\.ts)\b[^`]*`/g), (match) => match[1]!);
}
