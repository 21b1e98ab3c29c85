import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { assert } from '../base/assert.ts'
import type { Offset } from '../base/brand.ts'
import { MetadataDelta } from './delta.ts'
import { EMPTY_IMAGE, type MetadataImage } from './image.ts'
import { imageRecords } from './image-records.ts'
import { snapshotChanges } from './snapshot-changes.ts'

/** Told of every image, in order. The first call brings all that exists by then as one delta on the empty image. */
export type MetadataPublisher = (delta: MetadataDelta, image: MetadataImage) => void

/**
 * Turns committed batches into images and publishes them (facts C14 to C17). A batch is published at its end; inside a
 * transaction (KIP-868) nothing is seen before its end, and nothing at all of one that is aborted.
 */
export class MetadataLoader {
  #published: MetadataImage
  #delta: MetadataDelta
  /** Where the delta ends while nobody listens: images are then made only when asked for. */
  #unpublished: { offset: Offset; epoch: number } | undefined
  #inTransaction = false
  readonly #publishers: MetadataPublisher[] = []

  /** @param image what the quorum had replayed when it opened */
  constructor(image: MetadataImage = EMPTY_IMAGE) {
    this.#published = image
    this.#delta = new MetadataDelta(image)
  }

  /** The image published last. */
  get image(): MetadataImage {
    this.#settle()
    return this.#published
  }

  /** The records so far end within a transaction, which is not in the image. */
  get transactionOpen(): boolean {
    return this.#inTransaction
  }

  subscribe(publisher: MetadataPublisher): void {
    const { image } = this
    this.#publishers.push(publisher)
    if (image.offset < 0) return
    const delta = new MetadataDelta(EMPTY_IMAGE)
    for (const record of imageRecords(image)) delta.replay(record)
    publisher(delta, image)
  }

  /** One committed batch of records whose last one has this offset. */
  handle(records: readonly MetadataRecord[], lastOffset: Offset, epoch: number): void {
    let offset = lastOffset - records.length
    for (const record of records) this.#replay(record, offset++, epoch)
    if (!this.#inTransaction) this.#publish(lastOffset, epoch)
  }

  /**
   * The content of a snapshot whose last record has this offset takes the place of everything so far, an open transaction
   * included: what it does not have shows as removed (fact C17).
   */
  load(content: readonly MetadataRecord[], lastOffset: Offset, epoch: number): void {
    this.#settle()
    this.#inTransaction = false
    this.#delta = new MetadataDelta(this.#published)
    for (const record of snapshotChanges(this.#published, content)) this.#delta.replay(record)
    this.#publish(lastOffset, epoch)
  }

  #replay(record: MetadataRecord, before: Offset, epoch: number): void {
    switch (record.type) {
      case 'BeginTransactionRecord':
        assert(!this.#inTransaction, 'metadata transaction inside a metadata transaction')
        // What stands before it in the same batch does not belong to it.
        if (before > this.#published.offset) this.#publish(before, epoch)
        this.#settle()
        this.#inTransaction = true
        return
      case 'EndTransactionRecord':
        assert(this.#inTransaction, 'end of a metadata transaction that did not begin')
        this.#inTransaction = false
        return
      case 'AbortTransactionRecord':
        assert(this.#inTransaction, 'abort of a metadata transaction that did not begin')
        this.#inTransaction = false
        this.#delta = new MetadataDelta(this.#published)
        return
      default:
        this.#delta.replay(record)
    }
  }

  #publish(offset: Offset, epoch: number): void {
    this.#unpublished = { offset, epoch }
    if (this.#publishers.length > 0) this.#settle()
  }

  #settle(): void {
    if (this.#unpublished === undefined) return
    const { offset, epoch } = this.#unpublished
    this.#unpublished = undefined
    const delta = this.#delta
    const image = delta.apply(offset, epoch)
    this.#published = image
    this.#delta = new MetadataDelta(image)
    for (const publisher of this.#publishers) publisher(delta, image)
  }
}
