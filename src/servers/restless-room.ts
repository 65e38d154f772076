import { Room } from './room.ts';

/**
 * A {@link Room} for those who come and go with every request: they are sorted by address only when somebody asks for who
 * has waited longest, which is when connections run short.
 */
export class RestlessRoom<T extends { readonly group: string }> {
  readonly #sorted = new Room<T>();
  /** Those who have come since, in that order. */
  readonly #unsorted = new Set<T>();

  add(one: T): void {
    this.#unsorted.add(one);
  }

  /** Nothing happens to who is not there. */
  delete(one: T): void {
    if (!this.#unsorted.delete(one)) this.#sorted.delete(one);
  }

  /** Who has waited longest of this group. */
  longestOf(group: string): T | undefined {
    this.#sort();
    return this.#sorted.longestOf(group);
  }

  /** Who has waited longest of the group of which most wait. */
  longest(): T | undefined {
    this.#sort();
    return this.#sorted.longest();
  }

  #sort(): void {
    for (const one of this.#unsorted) this.#sorted.add(one);
    this.#unsorted.clear();
  }
}
