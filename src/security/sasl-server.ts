import type { System } from '../base/ports.ts'
import { isScram, type ScramCredential, type ScramMechanism } from '../metadata/scram.ts'
import { plainExchange } from './plain.ts'
import type { SaslExchange } from './sasl-exchange.ts'
import { SaslGate } from './sasl-gate.ts'
import type { SaslSettings } from './sasl-settings.ts'
import { randomText } from './scram.ts'
import { ScramServer } from './scram-server.ts'

const DISGUISE_BYTES = 32

export interface SaslServerOptions {
  readonly system: Pick<System, 'clock' | 'timers' | 'random'>
  /** By the name of the listener; those where nobody is asked are not in it. */
  readonly listeners: ReadonlyMap<string, SaslSettings>
  /** As the metadata of the cluster has it now. */
  credential(mechanism: ScramMechanism, user: string): ScramCredential | undefined
}

/** Asks the clients of this node's listeners who they are. */
export class SaslServer {
  readonly #options: SaslServerOptions
  readonly #disguise: Buffer

  constructor(options: SaslServerOptions) {
    this.#options = options
    this.#disguise = options.system.random.bytes(DISGUISE_BYTES)
  }

  /** For one connection; undefined where nobody is asked. */
  gate(listener: string): SaslGate | undefined {
    const { system, listeners } = this.#options
    const settings = listeners.get(listener)
    if (settings === undefined) return undefined
    const { clock, timers } = system
    return new SaslGate({ ...settings, clock, timers, exchange: (mechanism) => this.#exchange(settings, mechanism) })
  }

  #exchange({ passwords }: SaslSettings, mechanism: string): SaslExchange {
    if (!isScram(mechanism)) return plainExchange(passwords)
    const { system, credential } = this.#options
    return new ScramServer({
      mechanism,
      nonce: () => randomText(system.random),
      disguise: this.#disguise,
      credential: (user) => credential(mechanism, user),
    })
  }
}
