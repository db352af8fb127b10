/**
 * Documents of the unswapped library on the shortest way. For each command the library has the client's middleware stack
 * copied twice, sorted and bound to the command, before the first middleware runs: fifty microseconds for a hit that needs
 * none of it. So what our client's stack gives for `concat` is put off until somebody wants it. A document command is known
 * by what its library does: it adds the stack of the command to what was concatenated already.
 */
import type { CallContext } from './accelerate-documents.ts';
import type { SdkHandler, SdkStack } from './commands.ts';

/** The stack as its users see it, which is more than what we ask of one elsewhere. */
export interface ConcatStack extends SdkStack {
  concat(from: SdkStack): ConcatStack;
  resolve(handler: SdkHandler, context: object): SdkHandler;
  use(plugin: object): void;
  removeByTag(tag: string): boolean;
  identify(): string[];
  identifyOnResolve(toggle?: boolean): boolean;
}

/** The output of a document command out of the caches; undefined where the stack has to run. */
export type FindDocument = (context: CallContext, input: object) => object | undefined;

/** From now on, document commands that take this stack are looked up before anything is made of it. */
export function deferConcat(stack: ConcatStack, find: FindDocument): void {
  const concat = stack.concat.bind(stack);
  stack.concat = (from) => new DeferredStack(() => concat(from), find, false);
}

class DeferredStack implements ConcatStack {
  readonly #make: () => ConcatStack;
  readonly #find: FindDocument;
  readonly #isOfDocument: boolean;
  #made: ConcatStack | undefined;

  constructor(make: () => ConcatStack, find: FindDocument, isOfDocument: boolean) {
    this.#make = make;
    this.#find = find;
    this.#isOfDocument = isOfDocument;
  }

  get #stack(): ConcatStack {
    return (this.#made ??= this.#make());
  }

  concat(from: SdkStack): ConcatStack {
    return new DeferredStack(() => this.#stack.concat(from), this.#find, true);
  }

  resolve(handler: SdkHandler, context: object): SdkHandler {
    if (!this.#isOfDocument) return this.#stack.resolve(handler, context);
    let resolved: SdkHandler | undefined;
    return (args) => {
      const output = this.#find(context, args.input);
      if (output !== undefined) return Promise.resolve({ output });
      resolved ??= this.#stack.resolve(handler, context);
      return resolved(args);
    };
  }

  add(...args: Parameters<SdkStack['add']>): void {
    this.#stack.add(...args);
  }

  addRelativeTo(...args: Parameters<SdkStack['addRelativeTo']>): void {
    this.#stack.addRelativeTo(...args);
  }

  applyToStack(stack: Pick<SdkStack, 'add' | 'addRelativeTo'>): void {
    this.#stack.applyToStack(stack);
  }

  clone(): SdkStack {
    return this.#stack.clone();
  }

  use(plugin: object): void {
    this.#stack.use(plugin);
  }

  remove(name: string): boolean {
    return this.#stack.remove(name);
  }

  removeByTag(tag: string): boolean {
    return this.#stack.removeByTag(tag);
  }

  identify(): string[] {
    return this.#stack.identify();
  }

  identifyOnResolve(toggle?: boolean): boolean {
    return this.#stack.identifyOnResolve(toggle);
  }
}
