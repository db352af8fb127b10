/**
 * A projected item travels as the values at the projection's paths, by their numbers; the reader rebuilds the nesting. From a
 * projected answer these values can be told as long as no path goes through a list, whose elements close ranks when one is
 * left out; so of such a path the whole list is asked for. What a projection can be refused for is then checked here.
 */
import { parseProjection } from '../../expression/parser.ts';
import { Placeholders } from '../../expression/placeholders.ts';
import { valueAt, type DocumentPath } from '../../expression/syntax.ts';
import { checkKeyPaths } from '../../expression/update-keys.ts';
import type { AttributeValue, Item } from '../../model/attribute-value.ts';
import type { JsonObject } from '../../model/service-call.ts';
import type { TableSchema } from '../../model/table-schema.ts';
import { writeAttributeValue } from './attribute-values.ts';
import type { CborWriter } from './cbor-writer.ts';
import { ExpressionText, type PathElements } from './expression-text.ts';

export class OrdinalProjection {
  readonly #paths: readonly DocumentPath[];

  /** @param bytes the expression as it came. */
  constructor(bytes: Buffer) {
    this.#paths = new ExpressionText().projection(bytes);
  }

  /** Equal for projections whose answers have equal bytes. */
  get form(): string {
    return JSON.stringify(this.#paths);
  }

  /**
   * The parameter ProjectionExpression, with its names in `text`.
   *
   * @throws {ServiceError} ValidationException for paths that overlap or go into a key.
   */
  expression(text: ExpressionText, schema: TableSchema): string {
    if (this.#paths.every(hasNamesOnly)) return writePaths(text, this.#paths);
    const whole = new ExpressionText();
    const written = writePaths(whole, this.#paths);
    const parameters: JsonObject = {};
    whole.addTo(parameters);
    parseProjection(written, new Placeholders(parameters['ExpressionAttributeNames'], undefined));
    checkKeyPaths(this.#paths, schema.key, 'Key');
    for (const { key } of schema.indexes.values()) checkKeyPaths(this.#paths, key, 'IndexKey');
    return writePaths(text, listsWhole(this.#paths));
  }

  /** @param item with all that the expression asked for. */
  write(writer: CborWriter, item: Item): void {
    const found: (readonly [number, AttributeValue])[] = [];
    for (const [ordinal, path] of this.#paths.entries()) {
      const value = valueAt(path, item);
      if (value !== undefined) found.push([ordinal, value]);
    }
    writer.mapHead(found.length);
    for (const [ordinal, value] of found) {
      writer.integer(ordinal);
      writeAttributeValue(writer, value);
    }
  }
}

function hasNamesOnly(path: PathElements): boolean {
  return path.every((element) => typeof element === 'string');
}

/** Each path up to its first list index, once. Paths that do not overlap have no overlapping beginnings but equal ones. */
function listsWhole(paths: readonly DocumentPath[]): DocumentPath[] {
  const cut = new Map<string, DocumentPath>();
  for (const path of paths) {
    const index = path.findIndex((element) => typeof element === 'number');
    const beginning = index === -1 ? path : path.slice(0, index);
    cut.set(JSON.stringify(beginning), beginning);
  }
  return [...cut.values()];
}

function writePaths(text: ExpressionText, paths: readonly DocumentPath[]): string {
  return paths.map((path) => text.path(path)).join(',');
}
