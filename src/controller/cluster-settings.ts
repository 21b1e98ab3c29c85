import type { CreateAclsRequest, CreateAclsResponse } from '../../protocol/api/30-create-acls.ts'
import type { DeleteAclsRequest, DeleteAclsResponse } from '../../protocol/api/31-delete-acls.ts'
import type { AlterClientQuotasRequest, AlterClientQuotasResponse } from '../../protocol/api/49-alter-client-quotas.ts'
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../protocol/api/51-alter-user-scram-credentials.ts'
import type { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../protocol/api/57-update-features.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { createAcls, deleteAcls } from './acls.ts'
import { alterClientQuotas } from './client-quotas.ts'
import type { Decision, DecisionContext } from './ports.ts'
import { alterUserScramCredentials } from './scram-credentials.ts'
import { type UpdateFeaturesContext, updateFeatures } from './update-features.ts'

type Input<Response extends { Input: unknown }> = Response['Input']
type Run = <Response>(
  decide: (image: MetadataImage, context: DecisionContext) => Decision<Response>,
) => Promise<Response>

/** What the active controller decides that is about the cluster as a whole: neither topics nor brokers. */
export class ClusterSettings {
  readonly #run: Run
  readonly #quorum: () => Pick<UpdateFeaturesContext, 'nodeId' | 'voterIds' | 'kraftVersion'>

  /** @param run decides on the newest image, and resolves when the records are committed */
  constructor(run: Run, quorum: () => Pick<UpdateFeaturesContext, 'nodeId' | 'voterIds' | 'kraftVersion'>) {
    this.#run = run
    this.#quorum = quorum
  }

  updateFeatures(request: UpdateFeaturesRequest, version: number): Promise<Input<typeof UpdateFeaturesResponse>> {
    return this.#run((image, context) => updateFeatures(image, request, version, { ...context, ...this.#quorum() }))
  }

  alterClientQuotas(request: AlterClientQuotasRequest): Promise<Input<typeof AlterClientQuotasResponse>> {
    return this.#run((image) => alterClientQuotas(image, request))
  }

  alterUserScramCredentials(
    request: AlterUserScramCredentialsRequest,
  ): Promise<Input<typeof AlterUserScramCredentialsResponse>> {
    return this.#run((image) => alterUserScramCredentials(image, request))
  }

  createAcls(request: CreateAclsRequest): Promise<Input<typeof CreateAclsResponse>> {
    return this.#run((image, context) => createAcls(image, request, context))
  }

  /** @throws ProtocolError INVALID_REQUEST where more entries match than one request may remove */
  deleteAcls(request: DeleteAclsRequest): Promise<Input<typeof DeleteAclsResponse>> {
    return this.#run((image) => deleteAcls(image, request))
  }
}
