import Foundation
import Testing

import Diffusion

@Suite("noise schedules") struct NoiseScheduleTests {
  static let named = NamedSchedule.allCases.map { $0.schedule() }

  @Test("Stable Diffusion's schedule has the published values") func stableDiffusion() {
    let schedule = NamedSchedule.scaledLinear.schedule()
    let published = [
      0: 0.99915, 100: 0.894223, 250: 0.673793, 500: 0.276333, 750: 0.056170, 900: 0.014151,
      999: 0.00466010,
    ]
    for (t, value) in published {
      #expect(abs(schedule.alphasCumprod[t] - value) <= 5e-7 + 1e-5 * (1 - value), "t = \(t)")
    }
    #expect(abs(schedule.sigmas[0] - 0.029167) <= 5e-7)
    #expect(abs(schedule.sigmas[999] - 14.6146) <= 5e-5)
  }

  @Test("ᾱ is the product of 1 − β, and falls", arguments: NamedSchedule.allCases, [1, 10, 1000])
  func product(name: NamedSchedule, count: Int) {
    let schedule = name.schedule(count: count)
    #expect(schedule.count == count)
    var product = 1.0
    for t in 0..<count {
      product *= 1 - schedule.betas[t]
      #expect(schedule.alphas[t] == 1 - schedule.betas[t] || name == .cosine)
      #expect(abs(schedule.alphasCumprod[t] / product - 1) <= 1e-9, "t = \(t)")
      #expect(schedule.alphasCumprod[t] < (t == 0 ? 1 : schedule.alphasCumprod[t - 1]))
    }
    // A wrong β shows.
    var betas = schedule.betas
    betas[count / 2] *= 0.99
    #expect(abs(NoiseSchedule(betas: betas).alphasCumprod[count - 1] / product - 1) > 1e-9)
  }

  @Test("the ends are where the papers put them") func ends() {
    let linear = NamedSchedule.linear.schedule()
    #expect(linear.betas[0] == 1e-4 && abs(linear.betas[999] - 0.02) <= 1e-17)
    let latent = NamedSchedule.latentDiffusion.schedule()
    #expect(abs(latent.betas[0] - 0.0015) <= 1e-17 && abs(latent.betas[999] - 0.0195) <= 1e-16)
    let cosine = NamedSchedule.cosine.schedule()
    #expect(abs(cosine.betas[999] - 0.999) <= 1e-12)
    let sigmoid = NamedSchedule.sigmoid.schedule()
    #expect(abs(sigmoid.betas[0] - (1e-4 + 0.0199 * 0.002472623156634657)) <= 1e-12)
    #expect(abs(sigmoid.betas[0] + sigmoid.betas[999] - 0.0201) <= 1e-12)
  }

  @Test("zero terminal SNR leaves no signal at the end and the first step as it was")
  func zeroTerminalSNR() {
    for schedule in Self.named {
      let rescaled = schedule.rescaledToZeroTerminalSNR()
      #expect(rescaled.alphasCumprod[999] == 0 && rescaled.betas[999] == 1)
      #expect(abs(rescaled.alphasCumprod[0] - schedule.alphasCumprod[0]) <= 1e-14)
      #expect(rescaled.snr[999] == 0 && rescaled.sigmas[999] == .infinity)
      let ratios = (1..<999).map { t in
        (rescaled.alphasCumprod[t].squareRoot())
          / (schedule.alphasCumprod[t].squareRoot() - schedule.alphasCumprod[999].squareRoot())
      }
      #expect(ratios.allSatisfy { abs($0 / ratios[0] - 1) <= 1e-6 })
    }
    let single = NoiseSchedule(betas: [0.5])
    #expect(single.rescaledToZeroTerminalSNR() == single)
  }

  @Test("SNR, log-SNR and σ are one quantity") func ratios() {
    for schedule in Self.named {
      for t in [0, 1, 500, 998] {
        let level = schedule.level(at: t)
        #expect(abs(level.snr * level.sigma * level.sigma - 1) <= 1e-9)
        #expect(abs(schedule.logSNR[t] + 2 * log(level.sigma)) <= 1e-9)
        #expect(abs(level.lambda * 2 - schedule.logSNR[t]) <= 1e-12)
      }
    }
  }

  @Test("between two timesteps σ is interpolated") func interpolation() {
    let schedule = NamedSchedule.scaledLinear.schedule()
    let between = schedule.level(at: 10.25)
    let expected = 0.75 * schedule.sigmas[10] + 0.25 * schedule.sigmas[11]
    #expect(abs(between.sigma - expected) <= 1e-12 && between.t == 10.25)
    #expect(schedule.level(at: 999.0) == schedule.level(at: 999))
    #expect(schedule.level(at: 2000.0) == schedule.level(at: 999))
    #expect(schedule.level(at: -1) == .clean)
  }
}
