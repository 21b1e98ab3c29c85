import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Controller } from '../controller/controller.ts'

export interface ControllerRoleOptions {
  readonly logger: Logger
  /** A controller for this term, on the image as the log has it now. */
  make(): Controller
  /** Writes what a controller writes first. */
  activate(controller: Controller): Promise<void>
  /** What runs beside a controller for the rest of its term. */
  accompany(controller: Controller): { stop(): void }
  /** The metadata log cannot go on: the node has to stop. */
  onFault(cause: unknown): void
}

/**
 * This node as a controller: active while it leads the quorum, on standby else. Each term has a Controller of its own,
 * because what the last one had decided and not committed is void.
 */
export class ControllerRole {
  readonly #options: ControllerRoleOptions
  /** Terms of this node so far. */
  claims = 0
  #controller: Controller | undefined
  #companion: { stop(): void } | undefined

  constructor(options: ControllerRoleOptions) {
    this.#options = options
  }

  get isActive(): boolean {
    return this.#controller !== undefined
  }

  /** @throws ProtocolError NOT_CONTROLLER */
  get controller(): Controller {
    if (this.#controller === undefined) throw new ProtocolError(ErrorCode.NOT_CONTROLLER)
    return this.#controller
  }

  /** This node leads, and its image is the whole log up to its term. */
  async claim(epoch: number): Promise<void> {
    const controller = this.#options.make()
    this.#controller = controller
    this.claims += 1
    this.#options.logger.debug('is the active controller', { epoch })
    try {
      await this.#options.activate(controller)
      if (this.#controller === controller) this.#companion = this.#options.accompany(controller)
    } catch (error) {
      // Leadership may go at any time; whoever is next begins anew.
      if (!(error instanceof ProtocolError)) this.#options.onFault(error)
    }
  }

  resign(): void {
    const controller = this.#controller
    this.#controller = undefined
    this.#companion?.stop()
    this.#companion = undefined
    controller?.deactivate()
  }
}
