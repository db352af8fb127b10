/** Remembers what was made of a text, for texts that come again and again but that a stranger may choose. */

/** Longer texts are worked on anew each time: what is remembered of them would be long as well. */
const CHARACTERS_MAX = 1024;

/** @param limit what is remembered at most; when that is reached, it begins anew. */
export function memo<Value>(limit: number, make: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, Value>();
  // The text before is known again by its characters, which costs a fraction of what a map does with a text that is new to it.
  let lastText: string | undefined;
  let last: Value;
  return (text) => {
    if (text === lastText) return last;
    if (text.length > CHARACTERS_MAX) return make(text);
    let value = known.get(text);
    if (value === undefined) {
      value = make(text);
      if (known.size >= limit) known.clear();
      known.set(text, value);
    }
    lastText = text;
    last = value;
    return value;
  };
}
