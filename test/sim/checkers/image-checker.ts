import { crc32c } from '../../../protocol/checksum.ts'
import { encodeMetadataRecord } from '../../../protocol/metadata/index.ts'
import type { MetadataImage } from '../../../src/metadata/image.ts'
import { imageRecords } from '../../../src/metadata/image-records.ts'
import type { SimNode } from '../sim-node.ts'
import { must } from '../violation.ts'
import type { Checker } from '../world.ts'

/** Of images at this many offsets one is looked at. */
const SAMPLE = 4

/** Metadata images at equal offsets are equal. */
export class ImageChecker implements Checker {
  readonly #seen = new Map<SimNode, MetadataImage>()
  readonly #byOffset = new Map<number, { digest: number; host: string }>()

  check(touched: ReadonlySet<SimNode>): void {
    for (const node of touched) {
      const image = node.rooms?.loader.image
      if (image === undefined || this.#seen.get(node) === image) continue
      this.#seen.set(node, image)
      if (image.offset >= 0 && image.offset % SAMPLE === 0) this.#compare(node.host, image)
    }
  }

  #compare(host: string, image: MetadataImage): void {
    const digest = digestOf(image)
    const known = this.#byOffset.get(image.offset)
    if (known === undefined) this.#byOffset.set(image.offset, { digest, host })
    must(
      known === undefined || known.digest === digest,
      'images differ',
      () => `the images of ${host} and ${known?.host} at offset ${image.offset} differ`,
    )
  }
}

/** Independent of the order in which maps were filled. */
function digestOf(image: MetadataImage): number {
  let sum = image.epoch
  for (const record of imageRecords(image)) sum = (sum + crc32c(encodeMetadataRecord(record))) | 0
  return sum
}
