import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { System } from '../base/ports.ts'
import { randomUuid } from '../base/random.ts'
import { METADATA_VERSION } from '../metadata/features.ts'
import type { MetadataImage, VersionRange } from '../metadata/image.ts'
import type { OpenListener } from '../net/server.ts'
import type { ControllerChannel } from './controller-channel.ts'
import { registeredFeatures, registeredListeners } from './registration-fields.ts'

const CONTROLLER_REGISTRATION = 70
/** Fact C11. */
const ANSWER_WITHIN_MS = 5000
const RETRY_MS = 1000

export interface EnlistmentOptions {
  readonly nodeId: number
  readonly system: Pick<System, 'random' | 'timers'>
  readonly channel: ControllerChannel
  readonly features: ReadonlyMap<string, VersionRange>
  listeners(): readonly OpenListener[]
}

/** A controller's registration with the active one (KIP-919): where it is reached, and which features it can do. */
export class ControllerEnlistment {
  readonly #options: EnlistmentOptions
  readonly #incarnationId: string
  #sending = false

  constructor(options: EnlistmentOptions) {
    this.#options = options
    this.#incarnationId = randomUuid(options.system.random)
  }

  /** To be called with every image: registers until the image shows this incarnation. */
  apply({ cluster, features }: MetadataImage): void {
    const { nodeId } = this.#options
    if (features.metadataVersion < METADATA_VERSION.CONTROLLER_REGISTRATION) return
    if (cluster.controllers.get(nodeId)?.incarnationId !== this.#incarnationId) void this.#register()
  }

  async #register(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    const { channel, system } = this.#options
    const accepted = await channel
      .send(CONTROLLER_REGISTRATION, this.#request(), { timeoutMs: ANSWER_WITHIN_MS })
      .then(({ errorCode }) => errorCode === ErrorCode.NONE)
      .catch((error: unknown) => {
        if (error instanceof ProtocolError) return false
        throw error
      })
    if (accepted) this.#sending = false
    // A closed channel is the end of the node.
    else if (!channel.isClosed) {
      system.timers.after(RETRY_MS, () => {
        this.#sending = false
        void this.#register()
      })
    }
  }

  #request() {
    const { nodeId, listeners, features } = this.#options
    return {
      controllerId: nodeId,
      incarnationId: this.#incarnationId,
      zkMigrationReady: false,
      listeners: registeredListeners(listeners()),
      features: registeredFeatures(features),
    }
  }
}
