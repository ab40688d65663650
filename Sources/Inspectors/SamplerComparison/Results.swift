import Diffusion
import Imaging
import LatentDiffusion
import Tensors

/// What is measured in the plane.
package struct PlaneStudy: Sendable {
  /// x_T, one row for each particle.
  package let noise: [PlaneMixture.Point]
  /// Stable Diffusion's, whatever the model's is.
  package let schedule: NoiseSchedule
  package let convergence: ConvergenceStudy
  package let eta: EtaStudy
  package let preconditioning: PreconditioningStudy

  package init(_ samplers: [SamplerName], seed: UInt64) throws {
    let generator = TorchGenerator(seed: seed)
    noise = generator.normal([ParticlePanel.particles, 2]).points
    schedule = NamedSchedule.scaledLinear.schedule()
    convergence = try ConvergenceStudy(samplers, noise: noise, schedule: schedule, seed: seed)
    eta = try EtaStudy(noise: generator.normal([300, 2]).points, schedule: schedule, seed: seed)
    preconditioning = PreconditioningStudy(schedule: schedule, seed: seed)
  }
}

/// Everything that one run of `sampler-comparison` computed.
struct Results {
  /// A walk of DDIM with fresh noise.
  struct EtaWalk {
    let eta: Double
    let walk: LatentStudy.Walk
  }

  /// The pictures of all results, decoded once.
  struct Drawn {
    let reference: Image
    /// In the order of the study's rows.
    let rows: [Image]
    let eta: [Image]
    /// In the order of the study's rows; nil where the walk blew up.
    let guidance: [Image?]
  }

  let plane: PlaneStudy
  let latent: LatentStudy
  let guidance: GuidanceStudy
  let eta: [EtaWalk]
  let samplers: [SamplerName]
  /// What was asked of the walks of the model.
  let settings: WalkSettings

  func drawn() -> Drawn {
    let finite = guidance.latent.filter(\.size.isFinite)
    let ends =
      [latent.cleanReference] + latent.rows.map(\.walk.end) + eta.map(\.walk.end)
      + finite.map(\.end)
    var images = latent.generation.decode(each: ends).map { Image($0) }[...]
    func next(_ count: Int) -> [Image] {
      defer { images = images.dropFirst(count) }
      return Array(images.prefix(count))
    }
    return Drawn(
      reference: next(1)[0], rows: next(latent.rows.count), eta: next(eta.count),
      guidance: guidance.latent.map { $0.size.isFinite ? next(1)[0] : nil })
  }
}
