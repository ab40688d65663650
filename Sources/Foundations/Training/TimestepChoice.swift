import Diffusion
import Tensors

/// How often training asks about each timestep, and how much its answer counts: which loss the mean
/// squared error of the noise then is, one of the two of DDPM (arXiv:2006.11239) or that of v.
package enum TimestepChoice: String, CaseIterable, Sendable {
  /// All alike: L_simple (Eq. 14).
  case uniform = "simple"
  /// In proportion to their weights in the variational bound (Eq. 12) with σ_t² = β_t, the last term
  /// L_0 taken as that of a Gaussian: on average the gradient of L_vlb, up to one factor, with far
  /// less scatter than weights at timesteps drawn alike (iDDPM, arXiv:2102.09672, §3.3).
  case bound
  /// All alike, and the error of the noise divided by √ᾱ_t, which makes it the error of v (Salimans,
  /// Ho, arXiv:2202.00512, App. D): where z_t is nearly all noise, and what is where is decided, it
  /// counts as much as elsewhere.
  case velocity

  /// What the error of the noise is multiplied with at timestep t.
  package func errorScale(_ t: Int, of schedule: NoiseSchedule) -> Float {
    self == .velocity ? Float(1 / schedule.alphasCumprod[t].squareRoot()) : 1
  }

  /// Timesteps for a batch, 0-based.
  package func draw(
    _ count: Int, of schedule: NoiseSchedule, generator: TorchGenerator
  ) -> [Int] {
    guard self == .bound else {
      return generator.integers(in: 0..<schedule.count, count: count)
    }
    var sums: [Double] = []
    for t in 0..<schedule.count { sums.append((sums.last ?? 0) + Self.weight(t, of: schedule)) }
    return generator.uniform([count]).elements.map { u in
      let wanted = Double(u) * (sums.last ?? 0)
      return min(sums.firstIndex { $0 > wanted } ?? schedule.count - 1, schedule.count - 1)
    }
  }

  /// β_t² / (2 σ_t² α_t (1 − ᾱ_t)) with σ_t² = β_t.
  private static func weight(_ t: Int, of schedule: NoiseSchedule) -> Double {
    schedule.betas[t] / (2 * schedule.alphas[t] * (1 - schedule.alphasCumprod[t]))
  }
}
