/**
 * Takes items apart and finds their shapes (`packed-item.ts` says what for). The shapes are remembered, so that like items
 * share one. They are bounded: where items have hardly two alike, such as maps with identifiers for names, shapes would
 * cost more than they save, and such items are not packed.
 */
import type { AttributeType } from './attribute-value.ts';
import type { Kind, Leaf, PackedItem, Shape } from './packed-item.ts';
import type { PackedPage, PackedReply } from './packed-reply.ts';

/** What was packed, and the memory that it takes. */
export interface Packed {
  readonly answer: PackedReply;
  readonly sizeBytes: number;
}

const SHAPES_MAX = 1_000;
/** Shapes that are used again this often on average are worth their while, and the oldest make room for new ones. */
const USES_A_SHAPE = 8;
/** Where they are not, it is tried again after so many refusals, for by then there may be other items. */
const REFUSALS_MAX = 64 * SHAPES_MAX;
/** DynamoDB nests 32 levels deep. */
const DEPTH_MAX = 32;
/** V8's 64-bit heap: a word, what an object costs before its members, an array with its elements' head, a text's head. */
const WORD_BYTES = 8;
const OBJECT_BYTES = 3 * WORD_BYTES;
const ARRAY_BYTES = 6 * WORD_BYTES;
const TEXT_BYTES = 2 * WORD_BYTES;
/** Shape, its two arrays and its place in the map of shapes; and for each name the slots, and the name in the map's key. */
const SHAPE_BYTES = 300;
const NAME_BYTES = 60;

const TWO_BYTE = /[^\x00-\xff]/; // oxlint-disable-line no-control-regex

/** Thrown within a packing that cannot go on: no attribute value, too deep, or no room for one more shape. */
const REFUSED = Symbol('not packed');

let lastId = 0;

export class ItemPacker {
  readonly #shapes = new Map<string, Shape>();
  #uses = 0;
  #refusals = 0;
  #sizeBytes = 0;
  #leaves: Leaf[] = [];

  /**
   * An answer of GetItem, Query or Scan in AWS JSON form; undefined for one that is better kept as it is. The result holds
   * its texts, so they have to be texts of their own and not slices of longer ones.
   */
  pack(output: Readonly<Record<string, unknown>>): Packed | undefined {
    this.#sizeBytes = 0;
    this.#leaves = [];
    try {
      const answer = 'ScannedCount' in output ? this.#page(output) : this.#item(output);
      return { answer, sizeBytes: this.#sizeBytes };
    } catch (error) {
      if (error === REFUSED) return undefined;
      throw error;
    }
  }

  #item({ Item: item, ...more }: Readonly<Record<string, unknown>>): PackedReply {
    for (const _ in more) refuse();
    const shape = item === undefined ? undefined : this.#shapeOfMap(item, 0);
    this.#sizeBytes += WORD_BYTES;
    return this.#reply(shape, undefined);
  }

  #page(output: Readonly<Record<string, unknown>>): PackedReply {
    const { Items: items, Count: count, ScannedCount: scannedCount, LastEvaluatedKey: last, ...more } = output;
    for (const _ in more) refuse();
    if (typeof count !== 'number' || typeof scannedCount !== 'number') refuse();
    if (items !== undefined && !Array.isArray(items)) refuse();
    const lastKey = last === undefined ? undefined : this.#lastKey(last);
    const shapes = (items as readonly unknown[] | undefined)?.map((item) => this.#shapeOfMap(item, 0));
    const page: PackedPage = { shapes, count: count as number, scannedCount: scannedCount as number, lastKey };
    this.#sizeBytes += 5 * OBJECT_BYTES + 2 * ARRAY_BYTES + WORD_BYTES * (shapes?.length ?? 0);
    return this.#reply(undefined, page);
  }

  #reply(shape: Shape | undefined, page: PackedPage | undefined): PackedReply {
    const leaves = this.#takeLeaves();
    return { shape, leaves, first: 0, end: leaves.length, page };
  }

  #lastKey(key: unknown): PackedItem {
    this.#sizeBytes += OBJECT_BYTES + ARRAY_BYTES;
    return { shape: this.#shapeOfMap(key, 0), leaves: this.#takeLeaves() };
  }

  /** Of exactly the length that they have; an array that grew has room to grow on. */
  #takeLeaves(): readonly Leaf[] {
    const leaves = this.#leaves.slice();
    this.#leaves = [];
    return leaves;
  }

  #shapeOfMap(map: unknown, depth: number): Shape {
    if (typeof map !== 'object' || map === null || Array.isArray(map) || depth > DEPTH_MAX) refuse();
    const names = Object.keys(map as object);
    const kinds = names.map((name) => this.#kindOf((map as Record<string, unknown>)[name], depth));
    return this.#shapeOf(names, kinds);
  }

  #kindOf(value: unknown, depth: number): Kind {
    if (typeof value !== 'object' || value === null) refuse();
    const [type, ...more] = Object.keys(value as object);
    const content = (value as Record<string, unknown>)[type as string];
    if (type === undefined || more.length > 0) refuse();
    if (type === 'M') return this.#shapeOfMap(content, depth + 1);
    if (type === 'L') return this.#list(content, depth);
    this.#leaf(type as AttributeType, content);
    return type as Kind;
  }

  #list(elements: unknown, depth: number): Kind {
    if (!Array.isArray(elements) || depth > DEPTH_MAX) refuse();
    const kinds: Kind[] = [];
    // Filled below: the kinds stand in front of the leaves that they describe.
    this.#add(kinds, ARRAY_BYTES + WORD_BYTES * (elements as readonly unknown[]).length);
    for (const element of elements as readonly unknown[]) kinds.push(this.#kindOf(element, depth + 1));
    return 'L';
  }

  #leaf(type: AttributeType, content: unknown): void {
    switch (type) {
      case 'S':
      case 'N':
      case 'B':
        if (typeof content !== 'string') refuse();
        return this.#add(content as string, textSizeBytes(content as string));
      case 'BOOL':
      case 'NULL':
        if (typeof content !== 'boolean') refuse();
        return this.#add(content as boolean, 0);
      case 'SS':
      case 'NS':
      case 'BS':
        if (!Array.isArray(content) || !content.every((member) => typeof member === 'string')) refuse();
        return this.#add([...(content as readonly string[])], setSizeBytes(content as readonly string[]));
      default:
        refuse();
    }
  }

  #add(leaf: Leaf, sizeBytes: number): void {
    this.#leaves.push(leaf);
    this.#sizeBytes += WORD_BYTES + sizeBytes;
  }

  /** A new shape is charged to the item that brought it. */
  #shapeOf(names: readonly string[], kinds: readonly Kind[]): Shape {
    let text = '';
    for (let place = 0; place < names.length; place++) {
      const name = names[place] as string;
      const kind = kinds[place] as Kind;
      text += `${typeof kind === 'object' ? kind.id : kind}:${name.length}:${name}`;
    }
    const known = this.#shapes.get(text);
    if (known !== undefined) {
      this.#uses++;
      return known;
    }
    this.#makeRoom();
    const isProto = (kind: Kind) => typeof kind === 'object' && kind.hasProto;
    const shape: Shape = { id: ++lastId, names, kinds, hasProto: names.includes('__proto__') || kinds.some(isProto) };
    this.#shapes.set(text, shape);
    this.#sizeBytes += SHAPE_BYTES + NAME_BYTES * names.length;
    return shape;
  }

  #makeRoom(): void {
    if (this.#shapes.size < SHAPES_MAX) return;
    if (this.#uses < USES_A_SHAPE * SHAPES_MAX && ++this.#refusals < REFUSALS_MAX) refuse();
    // Items hold the shapes that they have; the next ones of their kind bring one more.
    this.#shapes.clear();
    this.#uses = 0;
    this.#refusals = 0;
  }
}

function refuse(): never {
  // oxlint-disable-next-line no-throw-literal, only-throw-error -- no error: it never leaves `pack`, and needs no stack
  throw REFUSED;
}

function textSizeBytes(text: string): number {
  const bytes = TWO_BYTE.test(text) ? 2 * text.length : text.length;
  return TEXT_BYTES + Math.ceil(bytes / WORD_BYTES) * WORD_BYTES;
}

function setSizeBytes(members: readonly string[]): number {
  return members.reduce((size, member) => size + WORD_BYTES + textSizeBytes(member), ARRAY_BYTES);
}
