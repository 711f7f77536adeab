/** Something half written that the browser keeps for one user until it is sent or discarded. */
export class Kept<T> {
  constructor(
    private readonly key: string,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = localStorage,
  ) {}

  /** Null where nothing is kept, the storage is closed or its content unreadable. */
  load(): T | null {
    try {
      const text = this.storage.getItem(this.key)
      return text === null ? null : (JSON.parse(text) as T)
    } catch {
      return null
    }
  }

  /** Null forgets it. False when the browser keeps nothing, so that the form can say so. */
  save(value: T | null): boolean {
    try {
      if (value === null) this.storage.removeItem(this.key)
      else this.storage.setItem(this.key, JSON.stringify(value))
      return true
    } catch {
      return false
    }
  }
}
