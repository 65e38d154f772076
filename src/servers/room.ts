/** Those who wait, by address: whoever has waited longest is found without looking at all of them. */
export class Room<T extends { readonly group: string }> {
  readonly #byGroup = new Map<string, Set<T>>();
  /** Groups by how many of them wait. */
  readonly #bySize: Set<Set<T>>[] = [];
  #largest = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(group: string): number {
    return this.#byGroup.get(group)?.size ?? 0;
  }

  add(one: T): void {
    const group = this.#byGroup.get(one.group) ?? new Set<T>();
    this.#byGroup.set(one.group, group);
    this.#resize(group, () => group.add(one));
  }

  /** Nothing happens to who is not there. */
  delete(one: T): void {
    const group = this.#byGroup.get(one.group);
    if (!group?.has(one)) return;
    this.#resize(group, () => group.delete(one));
    if (group.size === 0) this.#byGroup.delete(one.group);
  }

  /** Who has waited longest of this group. */
  longestOf(group: string): T | undefined {
    return first(this.#byGroup.get(group));
  }

  /** Who has waited longest of the group of which most wait. */
  longest(): T | undefined {
    return first(first(this.#bySize[this.#largest]));
  }

  #resize(group: Set<T>, change: () => void): void {
    const before = group.size;
    this.#bySize[before]?.delete(group);
    change();
    const after = group.size;
    this.#size += after - before;
    (this.#bySize[after] ??= new Set()).add(group);
    if (after === 0) this.#bySize[0]!.clear();
    if (after > this.#largest) this.#largest = after;
    else if ((this.#bySize[this.#largest]?.size ?? 0) === 0) this.#largest = after;
  }
}

function first<T>(set: Iterable<T> | undefined): T | undefined {
  for (const one of set ?? []) return one;
  return undefined;
}
