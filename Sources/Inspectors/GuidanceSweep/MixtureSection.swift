import Commands
import Diffusion
import Pages

extension GuidanceSweepPage {
  private var mixture: MixtureExperiment { result.mixture }

  var mixtureSection: Section {
    let way = Quantity("W_1", "mean way from a sample to where it should be", .error)
    let elsewhere = Quantity("TV", "share of the mass that lies elsewhere", .error)
    let limitedWay = Quantity("W_1'", "the same, guided in the interval", .noise)
    return Section("Guided samples are not what the formula says") {
      Text(
        """
        Guided noise is the score of \(math: "q_t(x) {q_t(c | x)}^s") at every noise level, so one may \
        think that samples of \(math: "p(x) {p(c | x)}^s") come out. Here the data is four bumps on a \
        line, the class \(math: "c") is the second and the fourth, all of it is known, and samples are \
        walked with the exact score. The sharpened densities of two noise levels are not noised \
        versions of one another: the walk chases one after the other and ends elsewhere. The inner bump \
        of the class lies between two others, where guidance pushes away from; it is lost.
        """)
      LiveFormula(
        """
        ∇ log ( q_t(x) {q_t(c | x)}^s ) = − \(fraction: "ε_u + s ( ε_c − ε_u )", "√{1 − ᾱ_t}")
        """)
      Choice(scale)
      Row(widths: [2, 1]) {
        densities
        Numbers(
          "At this scale and noise level",
          [
            Number(of: strength, .over(scale, scale.values)),
            Number(of: way, overLevels(\.wasserstein), .decimals(3)),
            Number(of: limitedWay, overLevels(\.wasserstein, limited: true), .decimals(3)),
            Number(of: elsewhere, overLevels(\.totalVariation), .percent(0)),
          ])
      }
      Timeline(level)
      Row {
        Chart(
          "At the end, over the scales", x: .linear("guidance scale s"), y: .linear("W_1"),
          curves: [
            Curve(of: way, x: scale.values, y: ends(mixture.walks).map(\.wasserstein)),
            Curve(
              of: limitedWay, x: scale.values, y: ends(mixture.limited).map(\.wasserstein),
              style: .dashed),
          ], cursor: scale)
        Chart(
          "On the way, at this scale", x: .linear("timestep t", reversed: true), y: .linear("W_1"),
          curves: [
            Curve(of: way, x: .fixed(level.values), y: along(mixture.walks)),
            Curve(
              of: limitedWay, x: .fixed(level.values), y: along(mixture.limited), style: .dashed),
          ], cursor: level)
        Chart(
          "Mass that lies elsewhere, at the end", x: .linear("guidance scale s"),
          y: .linear("share", in: 0...1),
          curves: [
            Curve(of: elsewhere, x: scale.values, y: ends(mixture.walks).map(\.totalVariation))
          ],
          cursor: scale)
      }
    }
  }

  /// Every so many-th point of the grid within these ends is drawn.
  private static let drawn = LineDensity.grid.indices.filter {
    abs(LineDensity.grid[$0]) <= 3.001 && $0 % 3 == 0
  }
  private static let edges = (0...60).map { -3 + 0.1 * Double($0) }

  private var densities: Chart {
    let all = Quantity("q_t(x)", "all of the data", .neutral)
    let ofClass = Quantity("q_t(x | c)", "the class", .signal)
    let tilted = Quantity("q_t(x) {q_t(c | x)}^s", "what should be drawn", .condition)
    let samples = Quantity("samples", "what guidance draws", .prediction)
    let limited = Quantity("samples'", "what guidance in the interval draws", .noise)
    let places = Self.drawn.map { LineDensity.grid[$0] }
    let middles = zip(Self.edges, Self.edges.dropFirst()).map { ($0 + $1) / 2 }
    func drawn(_ density: LineDensity) -> [Double] { Self.drawn.map { density.values[$0] } }
    func histogram(_ walks: [MixtureExperiment.Walk]) -> Varying<[Double]> {
      overLevels(walks) { LineDensity.histogram(of: $0.samples, edges: Self.edges) }
    }
    let levels = mixture.walks[0].snapshots.map(\.level)
    func known(_ data: GaussianMixture) -> Varying<[Double]> {
      .over(
        level, levels.map { level in drawn(LineDensity { data.logDensity($0, at: level) }) })
    }
    return Chart(
      "Densities and samples", x: .linear("x_t", in: -3...3), y: .linear("density"),
      curves: [
        Curve(
          of: tilted, x: .fixed(places), y: overLevels(mixture.walks) { drawn($0.target) },
          style: .area),
        Curve(of: samples, x: .fixed(middles), y: histogram(mixture.walks), style: .bars),
        Curve(of: limited, x: .fixed(middles), y: histogram(mixture.limited), style: .dashed),
        Curve(of: ofClass, x: .fixed(places), y: known(mixture.mixture.ofClass)),
        Curve(of: all, x: .fixed(places), y: known(mixture.mixture.whole), style: .dashed),
      ])
  }

  private func ends(_ walks: [MixtureExperiment.Walk]) -> [MixtureExperiment.Snapshot] {
    walks.compactMap(\.snapshots.last)
  }

  private func along(_ walks: [MixtureExperiment.Walk]) -> Varying<[Double]> {
    .over(scale, walks.map { $0.snapshots.map(\.wasserstein) })
  }

  private func overLevels<Value: Sendable>(
    _ walks: [MixtureExperiment.Walk], _ value: (MixtureExperiment.Snapshot) -> Value
  ) -> Varying<Value> {
    .over(scale, level, walks.map { $0.snapshots.map(value) })
  }

  private func overLevels(
    _ value: (MixtureExperiment.Snapshot) -> Double, limited: Bool = false
  ) -> Varying<Double> {
    overLevels(limited ? mixture.limited : mixture.walks, value)
  }
}
