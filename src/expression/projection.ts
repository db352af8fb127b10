/**
 * Cuts items down to the paths of a projection. Elements of one list keep their order and close ranks, whatever the order of
 * the paths; a map or list of which nothing is left is left out.
 */
import { emptyItem, type AttributeValue, type Item } from '../model/attribute-value.ts';
import type { DocumentPath } from './syntax.ts';

/** The paths as a tree; a leaf takes the whole value. No path of a projection is inside another. */
type Branch = ReadonlyMap<string | number, Branch>;
type MutableBranch = Map<string | number, MutableBranch>;

/** A page projects many items by the same paths. */
const trees = new WeakMap<readonly DocumentPath[], Branch>();

/** @param paths kept as they are while in use: what is made of them is remembered. */
export function projectItem(paths: readonly DocumentPath[], item: Item): Item {
  let tree = trees.get(paths);
  if (tree === undefined) trees.set(paths, (tree = treeOf(paths)));
  return projectMap(tree, item) ?? emptyItem();
}

function treeOf(paths: readonly DocumentPath[]): Branch {
  const root: MutableBranch = new Map();
  for (const path of paths) {
    let branch = root;
    for (const element of path) {
      let next = branch.get(element);
      if (next === undefined) branch.set(element, (next = new Map()));
      branch = next;
    }
  }
  return root;
}

function projectValue(branch: Branch, value: AttributeValue): AttributeValue | undefined {
  if (branch.size === 0) return value;
  if ('M' in value) {
    const map = projectMap(branch, value.M);
    return map === undefined ? undefined : { M: map };
  }
  if (!('L' in value)) return undefined;
  const elements: AttributeValue[] = [];
  const indexes = [...branch.keys()].filter((index) => typeof index === 'number').toSorted((a, b) => a - b);
  for (const index of indexes) {
    const element = value.L[index];
    const projected = element === undefined ? undefined : projectValue(branch.get(index) as Branch, element);
    if (projected !== undefined) elements.push(projected);
  }
  return elements.length === 0 ? undefined : { L: elements };
}

function projectMap(branch: Branch, map: Item): Item | undefined {
  let result: Item | undefined;
  for (const [name, inner] of branch) {
    if (typeof name !== 'string' || !Object.hasOwn(map, name)) continue;
    const projected = projectValue(inner, map[name] as AttributeValue);
    if (projected !== undefined) (result ??= emptyItem())[name] = projected;
  }
  return result;
}
