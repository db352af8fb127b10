/**
 * What the tidy test needs to know of one TypeScript file: what it imports, exports and re-exports, how long its
 * functions are, where it reaches for a clock. Read from the syntax tree, so that comments and strings never count.
 */
import { parseSync, visitorKeys } from 'oxc-parser';
import type { Node, Program, StaticExportEntry, StaticImport } from 'oxc-parser';

export interface Import {
  readonly specifier: string;
  readonly names: readonly string[];
  readonly line: number;
}

export interface Place {
  readonly what: string;
  readonly line: number;
}

export interface SourceFile {
  /** Relative to the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  /** Static, dynamic and `new URL('./x.ts', import.meta.url)`. Types count: a layer must not know another's shapes. */
  readonly imports: readonly Import[];
  readonly reExports: readonly Place[];
  readonly defaultExports: readonly Place[];
  readonly functions: readonly (Place & { readonly lines: number })[];
  readonly clockUses: readonly Place[];
}

/** Members that read a clock, set a timer or draw a random number, by the global they hang on. */
const CLOCK_MEMBERS = new Set([
  'AbortSignal.timeout',
  'Date.now',
  'Math.random',
  'crypto.getRandomValues',
  'crypto.randomUUID',
  'performance.now',
  'performance.timeOrigin',
  'process.hrtime',
]);
const CLOCK_GLOBALS = new Set(['setImmediate', 'setInterval', 'setTimeout']);
const FUNCTIONS = new Set(['ArrowFunctionExpression', 'FunctionDeclaration', 'FunctionExpression']);
/** Parents that hold a name which refers to nothing: the name of a property, of a method, of an import. */
const NAMING_FIELDS = new Set(['key', 'property', 'imported', 'exported']);

export function parseSource(path: string, text: string): SourceFile {
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors.map((error) => error.message).join('; ')}`);
  const lineOf = lineCounter(text);
  const imports = module.staticImports.map((statement) => importOf(statement, lineOf));
  const functions: (Place & { lines: number })[] = [];
  const clockUses: Place[] = [];
  const exportEntries = module.staticExports.flatMap((statement) => statement.entries);
  for (const entry of exportEntries) {
    if (entry.moduleRequest !== null) {
      imports.push({ specifier: entry.moduleRequest.value, names: [], line: lineOf(entry.start) });
    }
  }
  walk(program, (node, parent, field) => {
    const line = lineOf(node.start);
    if (FUNCTIONS.has(node.type)) {
      functions.push({ what: nameOf(node, parent), line, lines: lineOf(node.end - 1) - line + 1 });
    }
    const specifier = loadedBy(node);
    if (specifier !== undefined) imports.push({ specifier, names: [], line });
    const clock = clockUse(node, parent, field);
    if (clock !== undefined) clockUses.push({ what: clock, line });
  });
  return {
    path,
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports,
    reExports: reExportsOf(exportEntries, module.staticImports, lineOf),
    defaultExports: exportEntries
      .filter((entry) => entry.exportName.kind === 'Default' || entry.exportName.name === 'default')
      .map((entry) => ({ what: 'default', line: lineOf(entry.start) })),
    functions,
    clockUses,
  };
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

function importOf(statement: StaticImport, lineOf: (offset: number) => number): Import {
  return {
    specifier: statement.moduleRequest.value,
    names: statement.entries.map((entry) => entry.importName.name ?? '*'),
    line: lineOf(statement.start),
  };
}

/** `export … from`, and the same in two steps: a name that was imported is exported again. */
function reExportsOf(
  entries: readonly StaticExportEntry[],
  imports: readonly StaticImport[],
  lineOf: (offset: number) => number,
): Place[] {
  const imported = new Set(imports.flatMap(({ entries: names }) => names.map(({ localName }) => localName.value)));
  return entries
    .filter(({ moduleRequest, localName }) => moduleRequest !== null || imported.has(localName.name ?? ''))
    .map((entry) => ({ what: entry.moduleRequest?.value ?? entry.localName.name ?? '*', line: lineOf(entry.start) }));
}

type Visit = (node: Node, parent: Node | undefined, field: string) => void;

function walk(node: Program | Node, visit: Visit, parent?: Node, field = ''): void {
  visit(node, parent, field);
  for (const key of visitorKeys[node.type] ?? []) {
    const child = (node as unknown as Record<string, unknown>)[key];
    for (const each of Array.isArray(child) ? child : [child]) {
      if (typeof each === 'object' && each !== null) walk(each as Node, visit, node, key);
    }
  }
}

function nameOf(node: Node, parent: Node | undefined): string {
  if ('id' in node && node.id !== null && node.id.type === 'Identifier') return node.id.name;
  if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name;
  if (parent !== undefined && 'key' in parent && 'name' in parent.key && typeof parent.key.name === 'string') {
    return parent.key.name;
  }
  return 'a function';
}

/** The file that `import('…')` or `new URL('…', import.meta.url)` names, where it is written out. */
function loadedBy(node: Node): string | undefined {
  if (node.type === 'ImportExpression') return literalText(node.source);
  if (node.type !== 'NewExpression' || node.callee.type !== 'Identifier' || node.callee.name !== 'URL') {
    return undefined;
  }
  const [path, base] = node.arguments;
  const isHere = base?.type === 'MemberExpression' && base.object.type === 'MetaProperty';
  const named = isHere && path !== undefined ? literalText(path) : undefined;
  return named?.endsWith('.ts') ? named : undefined;
}

function literalText(node: Node): string | undefined {
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}

function clockUse(node: Node, parent: Node | undefined, field: string): string | undefined {
  if (node.type === 'MemberExpression' && node.property.type === 'Identifier' && !node.computed) {
    const owner = ownerName(node.object);
    if (owner === 'globalThis') return CLOCK_GLOBALS.has(node.property.name) ? node.property.name : undefined;
    const member = `${owner ?? ''}.${node.property.name}`;
    return CLOCK_MEMBERS.has(member) ? member : undefined;
  }
  if (node.type === 'NewExpression' || node.type === 'CallExpression') {
    const isDate = node.callee.type === 'Identifier' && node.callee.name === 'Date';
    const reads = node.type === 'CallExpression' || node.arguments.length === 0;
    return isDate && reads ? 'new Date()' : undefined;
  }
  if (node.type !== 'Identifier' || !CLOCK_GLOBALS.has(node.name)) return undefined;
  const isName = NAMING_FIELDS.has(field) && !(parent !== undefined && 'computed' in parent && parent.computed);
  return isName ? undefined : node.name;
}

/** `Date` of `Date` and of `globalThis.Date`. */
function ownerName(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' || node.property.type !== 'Identifier') return undefined;
  return node.object.type === 'Identifier' && node.object.name === 'globalThis' ? node.property.name : undefined;
}
