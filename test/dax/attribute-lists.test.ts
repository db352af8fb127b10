import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { DaxListFile } from '../../src/proxy/dax-list-file.ts';
import { AttributeLists, attributeListDefaults } from '../../src/wire/dax/attribute-lists.ts';
import { closeAll, temporaryFolder } from './dax-rig.ts';

afterEach(closeAll);

const bounded = (limits: Partial<typeof attributeListDefaults>) =>
  new AttributeLists({ ...attributeListDefaults, ...limits });

describe('attribute lists', () => {
  it('have numbers that are their own, small enough for a double, and the same everywhere', () => {
    const [here, there] = [new AttributeLists(), new AttributeLists()];
    expect(here.define(['b', 'a']).id).not.toBe(here.define(['a', 'b']).id);
    for (let i = 0; i < 1_000; i++) {
      const { id } = here.define([`name ${i}`]);
      expect(Number.isSafeInteger(id)).toBe(true);
      expect(there.forNames([`name ${i}`]).id).toBe(id);
      expect(here.named(id)?.names).toEqual([`name ${i}`]);
    }
    expect(here.define([]).id).toBe(1);
  });

  it('that clients define stay, up to a bound, beyond which the definition is refused', () => {
    const lists = bounded({ definedMax: 2, sentMax: 2 });
    const defined = [['a'], ['b']].map((names) => lists.define(names));
    expect(() => lists.define(['c'])).toThrow('attribute names must not be made from values');
    expect(() => bounded({ definedBytesMax: 20 }).define(['x'.repeat(20)])).toThrow('or 20 bytes of them');
    for (let i = 0; i < 100; i++) lists.forNames([`sent ${i}`]);
    for (const list of defined) expect(lists.named(list.id)).toBe(list);
    expect(lists.define(['a'])).toBe(defined[0]);
  });

  it('that were only sent give way in the order of their use, and come back when they are sent again', () => {
    const lists = bounded({ sentMax: 2 });
    const [a, b] = [lists.forNames(['a']), lists.forNames(['b'])];
    lists.touch(a);
    lists.forNames(['c']);
    expect(lists.named(a.id)).toBe(a);
    expect(lists.named(b.id)).toBeUndefined();
    // Bytes that were made long ago speak of it.
    lists.touch(b);
    expect(lists.named(b.id)).toBe(b);
    expect(lists.size).toBe(3);
  });

  it('that were sent again are passed over once, and give way when they are not sent any more', () => {
    const lists = bounded({ sentMax: 2 });
    const a = lists.forNames(['a']);
    lists.touch(a);
    for (const name of ['b', 'c']) lists.forNames([name]);
    expect(lists.named(a.id)).toBe(a);
    lists.forNames(['d']);
    expect(lists.named(a.id)).toBeUndefined();
  });

  it('that are all sent again and again stay in their bounds', () => {
    const lists = bounded({ sentMax: 100, sentBytesMax: 500 });
    for (let n = 0; n < 1_000; n++) lists.touch(lists.forNames([`sent ${n}`]));
    expect(lists.size).toBeGreaterThan(10);
    expect(lists.size).toBeLessThan(500 / '["sent 1"]'.length + 1);
  });

  it('that were given up and are needed again stay while bytes from before are sent', () => {
    const lists = bounded({ sentMax: 2 });
    const before = lists.forNames(['a']);
    for (const name of ['b', 'c']) lists.forNames([name]);
    expect(lists.named(before.id)).toBeUndefined();
    const again = lists.forNames(['a']);
    expect(again.id).toBe(before.id);
    for (const name of ['d', 'e', 'f']) {
      lists.touch(before);
      lists.forNames([name]);
    }
    expect(lists.named(before.id)?.names).toEqual(['a']);
  });

  it('are on the disk before they are told, and are read again, also behind a line that was cut', async () => {
    const path = join(temporaryFolder(), 'deeper', 'lists');
    const lists = new AttributeLists();
    const file = await DaxListFile.open(path, lists, silentLog);
    const list = lists.define(['é', '"quoted"']);
    await Promise.all([file.keep(list), file.keep(list), file.keep(lists.define(['other']))]);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);
    expect(file.keep(list)).toBeUndefined();
    await file.close();
    appendFileSync(path, '[12,["cut');

    const restored = new AttributeLists();
    const again = await DaxListFile.open(path, restored, silentLog);
    expect(restored.named(list.id)?.names).toEqual(['é', '"quoted"']);
    await again.keep(restored.define(['behind the cut']));
    await again.close();
    const last = new AttributeLists();
    await (await DaxListFile.open(path, last, silentLog)).close();
    expect(last.named(restored.define(['behind the cut']).id)?.names).toEqual(['behind the cut']);
  });
});
