/**
 * An immutable hash map: a change gives a new map that shares all but the path to the changed entry, so that a delta on
 * an image of many topics costs by its own size. Iteration order depends on the keys alone, not on how the map grew.
 *
 * A hash array mapped trie with 32 children a node; entries whose hashes are equal hang in a chain.
 */
export class PersistentMap<V> implements ReadonlyMap<string, V> {
  readonly size: number
  readonly #root: Node<V> | undefined

  private constructor(root: Node<V> | undefined, size: number) {
    this.#root = root
    this.size = size
  }

  static readonly #EMPTY = new PersistentMap<never>(undefined, 0)

  static empty<V>(): PersistentMap<V> {
    return PersistentMap.#EMPTY as unknown as PersistentMap<V>
  }

  static from<V>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
    let map = PersistentMap.empty<V>()
    for (const [key, value] of entries) map = map.with(key, value)
    return map
  }

  get(key: string): V | undefined {
    return this.#find(key)?.value
  }

  has(key: string): boolean {
    return this.#find(key) !== undefined
  }

  /** This map with `key` set to `value`; itself where it is already so. */
  with(key: string, value: V): PersistentMap<V> {
    const old = this.#find(key)
    if (old && old.value === value) return this
    const leaf: Leaf<V> = { hash: hashOf(key), key, value, next: undefined }
    return new PersistentMap(insert(this.#root, leaf, 0), old ? this.size : this.size + 1)
  }

  /** This map less `key`; itself where there is none. */
  without(key: string): PersistentMap<V> {
    if (!this.#find(key)) return this
    return new PersistentMap(remove(this.#root!, key, hashOf(key), 0), this.size - 1)
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this)
  }

  *entries(): MapIterator<[string, V]> {
    for (const leaf of leaves(this.#root)) yield [leaf.key, leaf.value]
  }

  *keys(): MapIterator<string> {
    for (const leaf of leaves(this.#root)) yield leaf.key
  }

  *values(): MapIterator<V> {
    for (const leaf of leaves(this.#root)) yield leaf.value
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries()
  }

  #find(key: string): Leaf<V> | undefined {
    const hash = hashOf(key)
    let node = this.#root
    for (let shift = 0; node !== undefined && 'slots' in node; shift += BITS) {
      const bit = bitOf(hash, shift)
      node = node.bitmap & bit ? node.slots[indexOf(node.bitmap, bit)] : undefined
    }
    while (node && node.key !== key) node = node.next
    return node
  }
}

interface Leaf<V> {
  readonly hash: number
  readonly key: string
  readonly value: V
  /** Another entry with the same hash. */
  readonly next: Leaf<V> | undefined
}

interface Branch<V> {
  /** Bit i is set where there is a child for the hash bits i; `slots` holds only those, in order. */
  readonly bitmap: number
  readonly slots: readonly Node<V>[]
}

type Node<V> = Leaf<V> | Branch<V>

const BITS = 5

const bitOf = (hash: number, shift: number): number => 1 << ((hash >>> shift) & 31)

const indexOf = (bitmap: number, bit: number): number => popCount(bitmap & (bit - 1))

function popCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** FNV-1a over the UTF-16 units, with a last stir because neighbouring names differ in their last characters only. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}

function insert<V>(node: Node<V> | undefined, leaf: Leaf<V>, shift: number): Node<V> {
  if (node === undefined) return leaf
  if (!('slots' in node)) return node.hash === leaf.hash ? chained(node, leaf) : split(node, leaf, shift)
  const bit = bitOf(leaf.hash, shift)
  const index = indexOf(node.bitmap, bit)
  if (!(node.bitmap & bit)) return { bitmap: node.bitmap | bit, slots: node.slots.toSpliced(index, 0, leaf) }
  return { bitmap: node.bitmap, slots: node.slots.with(index, insert(node.slots[index], leaf, shift + BITS)) }
}

/** Chains are kept in key order, so that equal maps iterate equally. */
function chained<V>(chain: Leaf<V> | undefined, leaf: Leaf<V>): Leaf<V> {
  if (!chain || leaf.key < chain.key) return { ...leaf, next: chain }
  if (leaf.key === chain.key) return { ...leaf, next: chain.next }
  return { ...chain, next: chained(chain.next, leaf) }
}

function split<V>(one: Leaf<V>, other: Leaf<V>, shift: number): Branch<V> {
  const bit = bitOf(one.hash, shift)
  const otherBit = bitOf(other.hash, shift)
  if (bit === otherBit) return { bitmap: bit, slots: [split(one, other, shift + BITS)] }
  return { bitmap: bit | otherBit, slots: bit >>> 0 < otherBit >>> 0 ? [one, other] : [other, one] }
}

function remove<V>(node: Node<V>, key: string, hash: number, shift: number): Node<V> | undefined {
  if (!('slots' in node)) return node.key === key ? node.next : { ...node, next: unchained(node.next, key) }
  const bit = bitOf(hash, shift)
  const index = indexOf(node.bitmap, bit)
  const child = remove(node.slots[index]!, key, hash, shift + BITS)
  if (child) {
    // A branch that only leads to one entry gives way to it: the form then depends on the content alone.
    if (node.slots.length === 1 && !('slots' in child)) return child
    return { bitmap: node.bitmap, slots: node.slots.with(index, child) }
  }
  if (node.slots.length === 1) return undefined
  const slots = node.slots.toSpliced(index, 1)
  return slots.length === 1 && !('slots' in slots[0]!) ? slots[0] : { bitmap: node.bitmap & ~bit, slots }
}

function unchained<V>(chain: Leaf<V> | undefined, key: string): Leaf<V> | undefined {
  if (!chain) return undefined
  return chain.key === key ? chain.next : { ...chain, next: unchained(chain.next, key) }
}

/** One generator, not one for each level that every entry would have to come through. */
function* leaves<V>(root: Node<V> | undefined): Generator<Leaf<V>, undefined> {
  const ahead = root === undefined ? [] : [root]
  for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
    if ('slots' in node) for (let i = node.slots.length - 1; i >= 0; i--) ahead.push(node.slots[i]!)
    else for (let leaf: Leaf<V> | undefined = node; leaf; leaf = leaf.next) yield leaf
  }
}
