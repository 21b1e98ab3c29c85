import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import { RESOURCE, resourceKey } from '../metadata/image.ts'
import { refusalOfConfigs } from './authorize.ts'
import type { BrokerPart, RequestContext } from './handler.ts'
import type { Services } from './services.ts'

const { NONE, INVALID_REQUEST, UNKNOWN_SERVER_ERROR } = ErrorCode
const OPERATION = { SET: 0, DELETE: 1 } as const

/** One resource of AlterConfigs or IncrementalAlterConfigs; the former has no operations: it sets. */
interface Resource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly {
    readonly name: string
    readonly value: string | null
    readonly configOperation?: number
  }[]
}

interface Request<R extends Resource> {
  readonly resources: R[]
  readonly validateOnly: boolean
}

interface Result {
  errorCode: number
  errorMessage: string | null
  resourceType: number
  resourceName: string
}

interface Response {
  readonly throttleTimeMs: number
  readonly responses: readonly Result[]
}

/**
 * What the broker that was asked refuses by itself, so that only the rest gets to the controller (facts B54, B56, B57):
 * a resource or a key named twice, a key without a value, a broker that is not this one, and what a running broker
 * cannot take over.
 */
export function checkedByBroker<R extends Resource>(
  services: Services,
  request: Request<R>,
): BrokerPart<Request<R>, Response> {
  const times = new Map<string, number>()
  for (const resource of request.resources) times.set(keyOf(resource), (times.get(keyOf(resource)) ?? 0) + 1)
  const problems = new Map<R, string>()
  for (const resource of request.resources) {
    const twice = times.get(keyOf(resource))! > 1
    const problem = twice ? 'The request names this resource more than once.' : problemOf(services, resource)
    if (problem !== undefined) problems.set(resource, problem)
  }
  const resources = request.resources.filter((resource) => !problems.has(resource))
  return {
    rest: resources.length > 0 || problems.size === 0 ? { ...request, resources } : undefined,
    whole: problems.size === 0,
    join: (answer) => ({
      throttleTimeMs: answer?.throttleTimeMs ?? 0,
      responses: join(request.resources, problems, answer?.responses ?? []),
    }),
  }
}

const keyOf = ({ resourceType, resourceName }: Resource): string => resourceKey(resourceType, resourceName)

function join<R extends Resource>(
  resources: readonly R[],
  problems: ReadonlyMap<R, string>,
  answers: readonly Result[],
) {
  const byKey = new Map(answers.map((answer) => [keyOf({ ...answer, configs: [] }), answer]))
  return resources.map((resource): Result => {
    const { resourceType, resourceName } = resource
    const errorMessage = problems.get(resource)
    if (errorMessage !== undefined) return { errorCode: INVALID_REQUEST, errorMessage, resourceType, resourceName }
    return (
      byKey.get(keyOf(resource)) ?? { errorCode: UNKNOWN_SERVER_ERROR, errorMessage: null, resourceType, resourceName }
    )
  })
}

function problemOf(services: Services, resource: Resource): string | undefined {
  const { resourceType, configs } = resource
  if (new Set(configs.map(({ name }) => name)).size < configs.length) return 'The request changes a key more than once.'
  const without = configs.filter(({ configOperation, value }) => configOperation !== OPERATION.DELETE && value === null)
  if (without.length > 0) return `No value is given for ${without.map(({ name }) => name).join(', ')}.`
  switch (resourceType) {
    case RESOURCE.BROKER:
      return problemOfBroker(services, resource)
    case RESOURCE.TOPIC:
    case RESOURCE.CLIENT_METRICS:
    case RESOURCE.GROUP:
      return undefined
    default:
      return `Resources of type ${resourceType} have no configuration here.`
  }
}

function problemOfBroker({ nodeId, configs, image }: Services, resource: Resource): string | undefined {
  const { resourceName } = resource
  if (resourceName !== '' && !/^[+-]?\d+$/.test(resourceName)) return `"${resourceName}" is no id of a broker.`
  if (resourceName !== '' && Number(resourceName) !== nodeId)
    return `This is broker ${nodeId}: the configuration of broker ${resourceName} is to be changed at that one.`
  const set = resource.configs.filter(({ configOperation = OPERATION.SET }) => configOperation === OPERATION.SET)
  return configs.problemOfBrokerValues(image(), resourceName, new Map(set.map(({ name, value }) => [name, value!])))
}

/** Has the controller alter what whoever asks may alter, and refuses the rest. */
export async function whereAllowed<R extends Resource>(
  services: Services,
  context: RequestContext,
  request: Request<R>,
  alter: (allowed: Request<R>) => Promise<Response>,
): Promise<{ throttleTimeMs: number; responses: Result[] }> {
  const refusalOf = refusalOfConfigs(services, context, 'ALTER_CONFIGS')
  const resources: R[] = []
  const refused: Result[] = []
  for (const resource of request.resources) {
    const errorCode = refusalOf(resource)
    if (errorCode === NONE) resources.push(resource)
    else refused.push(...refusedConfigs([resource], errorCode, errorMessage(errorCode)).responses)
  }
  const { throttleTimeMs, responses } = await alter({ ...request, resources })
  return { throttleTimeMs, responses: [...responses, ...refused] }
}

/** The same error for each resource of a request. */
export const refusedConfigs = (resources: readonly Resource[], errorCode: ErrorCode, message: string | null) => ({
  throttleTimeMs: 0,
  responses: resources.map(({ resourceType, resourceName }) => ({
    errorCode,
    errorMessage: errorCode === NONE ? null : message,
    resourceType,
    resourceName,
  })),
})
