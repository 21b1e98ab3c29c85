import { type ApiKey, type ApiOf, apiByKey } from '../../protocol/api/index.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { decodeRequestHeader, encodeRequest } from '../../protocol/frame.ts'
import { ResponseHeader, responseHeaderVersion } from '../../protocol/header.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import { Api } from '../../src/api/index.ts'
import type { Services } from '../../src/api/services.ts'
import { silentLogger } from '../../src/base/logger.ts'
import type { MetadataImage } from '../../src/metadata/image.ts'
import { ANONYMOUS } from '../../src/security/principal.ts'
import { controllerOver, ManualLog } from '../controller/harness.ts'

class EagerLog extends ManualLog {
  override append(records: Parameters<ManualLog['append']>[0]): Promise<number> {
    const appended = super.append(records)
    this.commit()
    return appended
  }
}

const connection = { listener: 'CONTROLLER', remote: { host: '127.0.0.1', port: 1 }, principal: ANONYMOUS }

/** What listens for brokers and controllers where `image` is decided on, in bytes; or where another node decides. */
export function controllerApi(image: MetadataImage, { active = true } = {}) {
  const controller = controllerOver(new EagerLog(), { image })
  const services = {
    logger: silentLogger,
    isActiveController: () => active,
    get controller() {
      if (!active) throw new ProtocolError(ErrorCode.NOT_CONTROLLER)
      return controller
    },
  } as unknown as Services
  const api = new Api(services, 'controller')
  const send = async <Key extends ApiKey>(
    key: Key,
    version: number,
    body: ApiOf<Key>['request']['Input'],
  ): Promise<ApiOf<Key>['response']['T']> => {
    const definition = apiByKey(key)
    const frame = Buffer.concat(encodeRequest(definition, version, 7, 'broker', body as never)).subarray(4)
    const { body: rest } = decodeRequestHeader(frame)
    const header = { apiKey: key, apiVersion: version, correlationId: 7, clientId: 'broker' }
    const reply = await api.dispatch({ header, body: rest, frame, connection })
    if (reply.kind !== 'reply') throw new Error(`the controller gave ${reply.kind}`)
    const reader = new Reader(Buffer.concat(reply.chunks))
    ResponseHeader.decode(reader, responseHeaderVersion(key, version)!)
    return definition.response.decode(reader, version) as ApiOf<Key>['response']['T']
  }
  const range = (key: ApiKey) => api.served.find(({ apiKey }) => apiKey === key)!
  const versionsOf = (key: ApiKey): number[] => {
    const { minVersion, maxVersion } = range(key)
    return Array.from({ length: maxVersion - minVersion + 1 }, (_, index) => minVersion + index)
  }
  return { send, controller, versionsOf }
}

/** Whether clients of a broker can reach an API. */
export const isServedToClients = (key: ApiKey): boolean =>
  new Api({ logger: silentLogger } as unknown as Services, 'broker').served.some(({ apiKey }) => apiKey === key)
