import Foundation

/// How much noise each step of the forward process adds, in double precision.
///
///     q(x_t | x_{t−1}) = N( √α_t · x_{t−1}, β_t · I ),  α_t = 1 − β_t,  ᾱ_t = Π_{s≤t} α_s
///
/// Source: DDPM (arXiv:2006.11239) Eq. 2 and 4. Index t is 0-based (paper: 1…T).
public struct NoiseSchedule: Sendable, Equatable {
  /// β_t: the variance of the noise that step t adds.
  public let betas: [Double]
  /// α_t = 1 − β_t.
  public let alphas: [Double]
  /// ᾱ_t = Π α_s: the share of the variance at t that is still signal.
  public let alphasCumprod: [Double]

  /// T, the number of steps.
  public var count: Int { betas.count }

  /// A schedule from its β_t.
  /// - Precondition: there is at least one β, and each lies in [0, 1].
  public init(betas: [Double]) {
    precondition(
      !betas.isEmpty && betas.allSatisfy { (0...1).contains($0) },
      "a schedule needs betas within [0, 1]")
    var product = 1.0
    let alphas = betas.map { 1 - $0 }
    self.init(
      betas: betas, alphas: alphas,
      alphasCumprod: alphas.map { alpha in
        product *= alpha
        return product
      })
  }

  /// A schedule from its ᾱ_t: β_t = 1 − ᾱ_t/ᾱ_{t−1}.
  private init(alphasCumprod: [Double]) {
    let alphas = zip(alphasCumprod, [1] + alphasCumprod.dropLast()).map { $0 / $1 }
    self.init(betas: alphas.map { 1 - $0 }, alphas: alphas, alphasCumprod: alphasCumprod)
  }

  private init(betas: [Double], alphas: [Double], alphasCumprod: [Double]) {
    self.betas = betas
    self.alphas = alphas
    self.alphasCumprod = alphasCumprod
  }
}

// MARK: - The standard schedules

extension NoiseSchedule {
  /// β_t in equal steps from `start` to `end` (DDPM §4: 1e-4 … 0.02).
  public static func linear(from start: Double, to end: Double, count: Int) -> NoiseSchedule {
    NoiseSchedule(betas: ramp(from: start, to: end, count: count))
  }

  /// √β_t in equal steps (latent diffusion; diffusers calls it `scaled_linear`, CompVis `linear`).
  ///
  ///     β_t = ( √β_0 + (√β_{T−1} − √β_0) · t/(T−1) )²
  public static func scaledLinear(from start: Double, to end: Double, count: Int) -> NoiseSchedule {
    let roots = ramp(from: start.squareRoot(), to: end.squareRoot(), count: count)
    return NoiseSchedule(betas: roots.map { $0 * $0 })
  }

  /// β_t along a logistic curve over [−6, 6] (diffusers' `sigmoid`).
  ///
  ///     β_t = β_0 + (β_{T−1} − β_0) / (1 + e^{−u}),  u = −6 … 6
  public static func sigmoid(from start: Double, to end: Double, count: Int) -> NoiseSchedule {
    NoiseSchedule(
      betas: ramp(from: -6, to: 6, count: count).map { start + (end - start) / (1 + exp(-$0)) })
  }

  /// ᾱ_t along a squared cosine (iDDPM, arXiv:2102.09672, Eq. 17).
  ///
  ///     ᾱ_t = f(t)/f(0),  f(t) = cos²( (t/T + s)/(1 + s) · π/2 ),  β_t ≤ 0.999
  ///
  /// diffusers writes the same schedule by its β_t and calls it `squaredcos_cap_v2`.
  public static func cosine(count: Int, offset s: Double = 0.008) -> NoiseSchedule {
    precondition(count >= 1, "a schedule needs at least one step, not \(count)")
    func f(_ t: Int) -> Double {
      let c = cos((Double(t) / Double(count) + s) / (1 + s) * .pi / 2)
      return c * c
    }
    var alphasCumprod: [Double] = []
    for t in 1...count {
      alphasCumprod.append(max(f(t) / f(0), (alphasCumprod.last ?? 1) * (1 - 0.999)))
    }
    return NoiseSchedule(alphasCumprod: alphasCumprod)
  }

  /// The same schedule, shifted and stretched so that nothing of the signal is left at the end.
  ///
  ///     √ᾱ_t ← (√ᾱ_t − √ᾱ_{T−1}) · √ᾱ_0 / (√ᾱ_0 − √ᾱ_{T−1})
  ///
  /// Source: Lin et al. (arXiv:2305.08891) Algorithm 1. With ᾱ_{T−1} = 0 a predicted noise says
  /// nothing about x_0 at the last timestep: the model must predict v or x_0 there.
  /// A schedule of one step is left as it is.
  public func rescaledToZeroTerminalSNR() -> NoiseSchedule {
    let roots = alphasCumprod.map { $0.squareRoot() }
    guard let first = roots.first, let last = roots.last, first > last else { return self }
    let rescaled = roots.map { ($0 - last) * first / (first - last) }
    return NoiseSchedule(alphasCumprod: rescaled.map { $0 * $0 })
  }

  /// Whether nothing of the picture is left at the end: ᾱ = 0 there.
  public var endsInNoise: Bool { alphasCumprod.last == 0 }

  /// The same schedule with a trace of signal, 2⁻²⁴, where it had none at the end: what samplers
  /// that divide by √ᾱ use, as diffusers does.
  var withSignalAtEnd: NoiseSchedule {
    guard endsInNoise else { return self }
    return NoiseSchedule(alphasCumprod: alphasCumprod.dropLast() + [0x1p-24])
  }

  /// `count` numbers in equal steps, both ends included.
  private static func ramp(from start: Double, to end: Double, count: Int) -> [Double] {
    precondition(count >= 1, "a schedule needs at least one step, not \(count)")
    let step = count > 1 ? (end - start) / Double(count - 1) : 0
    return (0..<count).map { start + step * Double($0) }
  }
}

// MARK: - Reading it

extension NoiseSchedule {
  /// The noise level at timestep t, 0-based; −1 is the clean image.
  /// - Precondition: t lies in −1 ..< T.
  public func level(at t: Int) -> NoiseLevel {
    precondition((-1..<count).contains(t), "timestep \(t) outside -1..<\(count)")
    return t < 0 ? .clean : NoiseLevel(t: Double(t), alphaCumprod: alphasCumprod[t])
  }

  /// The noise level between two timesteps, σ interpolated linearly as k-diffusion does.
  /// - Parameter t: 0-based; clamped to 0…T−1.
  public func level(at t: Double) -> NoiseLevel {
    let t = min(max(t, 0), Double(count - 1))
    let below = level(at: Int(t))
    let fraction = t - t.rounded(.down)
    guard fraction > 0 else { return below }
    let above = level(at: Int(t) + 1)
    return NoiseLevel(t: t, sigma: below.sigma + fraction * (above.sigma - below.sigma))
  }

  /// ᾱ_t/(1 − ᾱ_t) at every timestep.
  public var snr: [Double] { (0..<count).map { level(at: $0).snr } }
  /// ln SNR_t at every timestep.
  public var logSNR: [Double] { (0..<count).map { level(at: $0).logSNR } }
  /// σ_t = √((1 − ᾱ_t)/ᾱ_t) at every timestep: the noise over the signal.
  public var sigmas: [Double] { (0..<count).map { level(at: $0).sigma } }
}
