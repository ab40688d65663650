import Diffusion
import Foundation
import GuidanceSweep
import Testing

@Suite("Guided samples of known data") struct MixtureExperimentTests {
  private let interval = GuidanceInterval(low: 0.3, high: 5)

  @Test("guided noise is the score of the tilted density, and not of one tilted otherwise")
  func score() throws {
    let experiment = try MixtureExperiment(scales: [1], interval: interval)
    #expect(experiment.scoreResidual(scales: [1, 3, 12]) < 0.01)
    #expect(experiment.scoreResidual(scales: [3], tilt: 0.5) > 0.05)
  }

  @Test("s = 1 draws the class at every noise level; larger scales do not draw the tilted density")
  func distances() throws {
    let experiment = try MixtureExperiment(scales: [1, 3, 12], interval: interval)
    let walks = experiment.walks
    #expect(walks.allSatisfy { $0.snapshots.count == MixtureExperiment.levels + 1 })
    #expect(walks[0].snapshots.allSatisfy { $0.wasserstein < 0.04 && $0.totalVariation < 0.1 })
    let ends = try walks.map { try #require($0.snapshots.last) }
    #expect(ends[1].wasserstein > 0.4 && ends[1].totalVariation > 0.4)
    #expect(ends[2].wasserstein > ends[1].wasserstein)
    // The tilted density keeps both bumps of the class; guidance loses the inner one.
    #expect(abs(ends[2].target.mass(below: 0.5) - 0.5) < 0.05)
    #expect(ends[2].samples.allSatisfy { $0 > 0.5 })
    // Guidance in the interval alone loses less.
    let limited = try experiment.limited.map { try #require($0.snapshots.last) }
    #expect(limited[1].wasserstein < 0.8 * ends[1].wasserstein)
    #expect(limited[0].samples == ends[0].samples)
  }
}

@Suite("A density on a line") struct LineDensityTests {
  private let normal = LineDensity.normal

  @Test("quantiles and masses of the normal density are those of tables")
  func normalDensity() {
    for (rank, place) in [(0.5, 0.0), (0.975, 1.959964), (0.1, -1.281552)] {
      #expect(abs(normal.quantile(rank) - place) < 1e-4)
      #expect(abs(normal.mass(below: place) - rank) < 1e-5)
    }
  }

  @Test("samples at the quantiles have no distance; moved by δ they have δ")
  func distances() {
    let samples = LineDensity.ranks(400).map(normal.quantile)
    #expect(normal.wasserstein(to: samples) < 1e-9)
    #expect(normal.totalVariation(to: samples) < 1e-9)
    let moved = samples.map { $0 + 0.25 }
    #expect(abs(normal.wasserstein(to: moved) - 0.25) < 1e-9)
    // Of two normals δ apart: 2Φ(δ/2) − 1.
    let exact = 2 * normal.mass(below: 0.125) - 1
    #expect(abs(normal.totalVariation(to: moved) - exact) < 2e-3)
  }

  @Test("a histogram has the density of the samples, and their whole mass")
  func histogram() {
    let edges = (0...40).map { -4 + 0.2 * Double($0) }
    let samples = LineDensity.ranks(2000).map(normal.quantile)
    let bins = LineDensity.histogram(of: samples, edges: edges)
    #expect(abs(bins.reduce(0, +) * 0.2 - 1) < 1e-9)
    for (bin, edge) in zip(bins, edges) {
      let exact = (normal.mass(below: edge + 0.2) - normal.mass(below: edge)) / 0.2
      #expect(abs(bin - exact) < 0.01)
    }
    #expect(LineDensity.histogram(of: [1.05, 1.05], edges: edges).reduce(0, +) * 0.2 > 0.999)
  }
}
