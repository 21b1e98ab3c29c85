/**
 * DescribeConfigs: v0-4
 *
 * Behavior
 * - DESCRIBE_CONFIGS on each topic or group, on the cluster for what is neither.
 * - Topics, and this broker (by its id, or '' for what is set for all brokers); each key with where its value comes from
 *   (facts H28-H32). Null or no keys means all. A broker of another id, or another kind of resource, is INVALID_REQUEST.
 *
 * Version notes
 * - v0 says only whether a value is the default; v1 source and synonyms (KIP-226); v3 type and doc (KIP-569).
 *   Apache Kafka 4 begins at v1.
 */
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../protocol/api/32-describe-configs.ts'
import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import { CONFIG_SOURCE, type ConfigEntry } from '../metadata/effective-config.ts'
import { RESOURCE } from '../metadata/image.ts'
import { refusalOfConfigs } from './authorize.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'
import { isLegalTopicName } from './topics.ts'

type Resource = DescribeConfigsRequest['resources'][number]

export const describeConfigs = (services: Services) =>
  handlerFor(DescribeConfigsRequest, DescribeConfigsResponse, {
    key: 32,
    versions: [0, 4],
    needs: 'resources',
    listeners: ['broker', 'controller'],

    handle: (request, context) => ({
      throttleTimeMs: 0,
      results: request.resources.map((resource) => {
        const refusal = refusalOfConfigs(services, context, 'DESCRIBE_CONFIGS')(resource)
        const { errorCode, entries, message } = refusal === ErrorCode.NONE ? find(services, resource) : refused(refusal)
        const { resourceType, resourceName, configurationKeys } = resource
        const wanted = configurationKeys?.length ? new Set(configurationKeys) : undefined
        const chosen = entries.filter(({ name }) => wanted?.has(name) ?? true)
        const configs = chosen.map((entry) => show(entry, request, context.apiVersion))
        return { errorCode, errorMessage: message, resourceType, resourceName, configs }
      }),
    }),

    refuse: (request, errorCode) => ({
      throttleTimeMs: 0,
      results: request.resources.map(({ resourceType, resourceName }) => ({
        errorCode,
        errorMessage: errorMessage(errorCode),
        resourceType,
        resourceName,
        configs: [],
      })),
    }),
  })

interface Found {
  errorCode: ErrorCode
  message: string | null
  entries: ConfigEntry[]
}

const refused = (errorCode: ErrorCode, message = errorMessage(errorCode)): Found => ({
  errorCode,
  message,
  entries: [],
})

function find({ configs, image, nodeId }: Services, { resourceType, resourceName }: Resource): Found {
  const found = (entries: ConfigEntry[]): Found => ({ errorCode: ErrorCode.NONE, message: '', entries })
  switch (resourceType) {
    case RESOURCE.TOPIC:
      if (!isLegalTopicName(resourceName)) {
        return refused(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic name "${resourceName}" is not a legal one.`)
      }
      if (!image().topics.byName.has(resourceName)) {
        return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      }
      return found(configs.describeTopic(image(), resourceName))
    case RESOURCE.BROKER:
      if (resourceName === '') return found(configs.describeBrokerDefaults(image()))
      if (resourceName === String(nodeId)) return found(configs.describeBroker(image()))
      return refused(
        ErrorCode.INVALID_REQUEST,
        `This is broker ${nodeId}: the configuration of broker "${resourceName}" is to be asked of that one.`,
      )
    default:
      return refused(ErrorCode.INVALID_REQUEST, `Resources of type ${resourceType} have no configuration here.`)
  }
}

function show(entry: ConfigEntry, request: DescribeConfigsRequest, apiVersion: number) {
  return {
    name: entry.name,
    value: entry.value,
    readOnly: entry.readOnly,
    // Only v0 has the field; from v1 on the source says it.
    isDefault: apiVersion === 0 && entry.source === CONFIG_SOURCE.DEFAULT,
    configSource: entry.source,
    isSensitive: entry.sensitive,
    synonyms: request.includeSynonyms ? entry.synonyms : [],
    configType: entry.type,
    documentation: request.includeDocumentation ? entry.documentation : null,
  }
}
