/**
 * The dictionary of attribute lists: an item travels as the number of its list of attribute names and the bare values.
 * Clients keep what they learned for ever and have no way to learn that it is void, so
 *
 * - a number is made from its names alone (53 bits of their SHA-256, the first that is free), which makes it the same after
 *   a restart and on every node;
 * - a list that a client has defined is never given up, for the client will write with its number until it ends. There is
 *   a bound, and beyond it the definition is refused;
 * - a list that was only needed to send an item is asked for at once by a client that does not know it, or never. Of these
 *   the oldest give way to new ones, those last that were sent again: each such is passed over once. Every hit sends its
 *   lists again, so that this takes no more than a mark; an exact order would be written anew each time.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.config-considerations.html
 */
import { hash } from 'node:crypto';
import { ServiceError } from '../../model/service-error.ts';

export class AttributeList {
  readonly id: number;
  /** In the order that the values have; order is part of a list's identity. */
  readonly names: readonly string[];
  /** The names as one text. */
  readonly text: string;
  /** The list of this list: shared by all answers that need no other, so that a hit finds it where the last one did. */
  readonly alone: readonly AttributeList[] = [this];
  /** These two are `AttributeLists`' own. A list that is `loose` is not known now. */
  standing: 'defined' | 'sent' | 'loose' = 'loose';
  wasSentAgain = false;

  constructor(id: number, names: readonly string[], text: string) {
    this.id = id;
    this.names = names;
    this.text = text;
  }
}

export interface AttributeListLimits {
  /** Lists that clients define. */
  readonly definedMax: number;
  readonly definedBytesMax: number;
  /** Lists that answers needed. */
  readonly sentMax: number;
  readonly sentBytesMax: number;
}

const MIB = 1024 * 1024;

export const attributeListDefaults: AttributeListLimits = {
  definedMax: 100_000,
  definedBytesMax: 64 * MIB,
  sentMax: 100_000,
  sentBytesMax: 64 * MIB,
};

/** Both sides know this one without asking. */
const EMPTY_ID = 1;

export class AttributeLists {
  readonly #limits: AttributeListLimits;
  readonly #byId = new Map<number, AttributeList>();
  readonly #defined = new Map<string, AttributeList>();
  /** In the order in which they came, or were passed over. */
  readonly #sent = new Map<string, AttributeList>();
  #definedBytes = 0;
  #sentBytes = 0;

  constructor(limits: AttributeListLimits = attributeListDefaults) {
    this.#limits = limits;
    this.#keep(new AttributeList(EMPTY_ID, [], '[]'));
  }

  /** Lists that are known now. */
  get size(): number {
    return this.#byId.size;
  }

  /** The names that go with a number. */
  named(id: number): AttributeList | undefined {
    return this.#byId.get(id);
  }

  isDefined(list: AttributeList): boolean {
    return this.#defined.has(list.text);
  }

  /**
   * A list that a client will write with.
   *
   * @throws {ServiceError} LimitExceededException when there are too many.
   */
  define(names: readonly string[]): AttributeList {
    const text = JSON.stringify(names);
    const known = this.#defined.get(text);
    if (known !== undefined) return known;
    const { definedMax, definedBytesMax } = this.#limits;
    if (this.#defined.size > definedMax || this.#definedBytes + text.length > definedBytesMax) {
      throw new ServiceError(
        'LimitExceededException',
        `More than ${definedMax} different sets of attribute names, or ${definedBytesMax} bytes of them, were written ` +
          'through DAX clients; attribute names must not be made from values',
      );
    }
    const list = this.#sent.get(text) ?? this.#create(names, text);
    if (this.#sent.delete(text)) this.#sentBytes -= text.length;
    this.#keep(list);
    return list;
  }

  /** Takes back a list that was defined in an earlier life; a number that is taken by other names is left to those. */
  restore(id: number, names: readonly string[]): void {
    const text = JSON.stringify(names);
    if (this.#byId.has(id) || this.#defined.has(text)) return;
    this.#keep(new AttributeList(id, names, text));
  }

  /** The list for an item that is sent. */
  forNames(names: readonly string[]): AttributeList {
    const text = JSON.stringify(names);
    const list = this.#defined.get(text) ?? this.#sent.get(text) ?? this.#create(names, text);
    this.touch(list);
    return list;
  }

  /** A list is about to be sent, perhaps in bytes that were made long ago: whoever asks for it now must get it. */
  touch(list: AttributeList): void {
    if (list.standing === 'defined') return;
    // It may be known again by another object: the bytes that speak of it are older than that.
    const known = list.standing === 'sent' ? list : (this.#defined.get(list.text) ?? this.#sent.get(list.text));
    if (known !== undefined) {
      known.wasSentAgain = true;
      return;
    }
    const { id, text } = list;
    this.#makeRoom(text.length);
    list.standing = 'sent';
    this.#sent.set(text, list);
    this.#sentBytes += text.length;
    this.#byId.set(id, list);
  }

  /** Of the lists that were only sent, for one more. */
  #makeRoom(sizeBytes: number): void {
    const { sentMax, sentBytesMax } = this.#limits;
    for (const [text, list] of this.#sent) {
      if (this.#sent.size < sentMax && this.#sentBytes + sizeBytes <= sentBytesMax) return;
      this.#sent.delete(text);
      if (list.wasSentAgain) {
        list.wasSentAgain = false;
        // Behind all others, where this loop meets it again if it has to.
        this.#sent.set(text, list);
      } else {
        list.standing = 'loose';
        this.#sentBytes -= text.length;
        this.#byId.delete(list.id);
      }
    }
  }

  #keep(list: AttributeList): void {
    list.standing = 'defined';
    this.#defined.set(list.text, list);
    this.#byId.set(list.id, list);
    this.#definedBytes += list.text.length;
  }

  #create(names: readonly string[], text: string): AttributeList {
    // A second try is needed once in some thousand million million lists, or when somebody is looking for it.
    for (let attempt = 0; ; attempt++) {
      const digest = hash('sha256', attempt === 0 ? text : `${text}${attempt}`, 'hex');
      const id = Number(BigInt(`0x${digest.slice(0, 16)}`) >> 11n);
      if (id > EMPTY_ID && !this.#byId.has(id)) return new AttributeList(id, names, text);
    }
  }
}
