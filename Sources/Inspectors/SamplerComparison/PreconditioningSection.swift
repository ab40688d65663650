import Diffusion
import Pages

// EDM's preconditioning: what the network sees and says, and what of it is trained.

extension SamplerComparisonPage {
  private static let networks: [(name: String, key: String)] = [
    ("ε", "epsilon"), ("v", "v"), ("EDM’s F", "edm"),
  ]

  private var study: PreconditioningStudy { results.plane.preconditioning }

  var preconditioningSection: Section {
    let skip = Quantity("c_skip", "what of x̃ passes by the network", .signal)
    let out = Quantity("c_out", "weight of what the network says", .prediction)
    let shown = Quantity("c_in", "weight of what the network sees", .noise)
    return Section("What the network sees and says: EDM’s preconditioning") {
      Text(
        """
        The samplers above need only \(math: "x̂_0") at a noise level, the denoiser \(math: "D(x̃; σ)"). \
        How a network \(math: "F") is wrapped into it is a choice of its own. Karras et al. write every \
        choice with four factors; Stable Diffusion’s, which predicts ε, is one of them.
        """)
      Choice(network)
      LiveFormula(
        """
        D(x̃; σ) = \(term: skip, value: factor { $0.skip(at: $1) }) x̃
        + \(term: out, value: factor { $0.output(at: $1) }) F(
        \(term: shown, value: factor { $0.input(at: $1) }) x̃; c_noise)
        """,
        reading: """
          EDM’s factors follow from three wishes: input and target of size 1 at every level, and of the \
          network’s error as little as possible in \(math: "D"). At high noise the network says the \
          picture, at low noise the noise. With data of size 1 it is the prediction of v, its sign turned.
          """)
      factorTable
      Row(widths: [1, 1]) {
        sizeChart("What the network sees", "root mean square of c_in x̃", \.inputSize)
        sizeChart("What the network must say", "root mean square of the target", \.targetSize)
      }
      sizeChart(
        "How much an error of the network counts in the picture", "|c_out|", { abs($0.output) })
      Text(
        """
        Measured on the plane’s clouds, whose points have size \
        \(math: "σ_d") = \(study.dataDeviation, .decimals(2)). The target of ε has size 1 as well, but \
        an error in it counts \(math: "σ") times: \(study.rows(of: "epsilon").last?.sigma ?? 0, .decimals(1)) \
        times at the last timestep.
        """)
    }
  }

  private func factor(_ value: (Preconditioning, NoiseLevel) -> Double) -> Varying<Double> {
    let kinds: [Preconditioning] = [
      .noise, .velocity, .edm(dataDeviation: study.dataDeviation),
    ]
    return .over(
      network, time,
      kinds.map { kind in
        time.values.map { value(kind, results.plane.schedule.level(at: Int($0))) }
      })
  }

  private var factorTable: Table {
    Table(
      "The four factors (Karras et al., Table 1)",
      columns: ["factor", "ε", "v", "EDM"],
      rows: [
        [
          .prose("\(math: "c_skip")"), .prose("1"), .prose("\(math: "1 / (σ^2 + 1)")"),
          .prose("\(math: "σ_d^2 / (σ^2 + σ_d^2)")"),
        ],
        [
          .prose("\(math: "c_out")"), .prose("\(math: "− σ")"),
          .prose("\(math: "− σ / √{σ^2 + 1}")"), .prose("\(math: "σ σ_d / √{σ^2 + σ_d^2}")"),
        ],
        [
          .prose("\(math: "c_in")"), .prose("\(math: "1 / √{σ^2 + 1}")"),
          .prose("\(math: "1 / √{σ^2 + 1}")"), .prose("\(math: "1 / √{σ^2 + σ_d^2}")"),
        ],
        [
          .prose("\(math: "c_noise")"), .prose("\(math: "t")"), .prose("\(math: "t")"),
          .prose("\(math: "ln σ / 4")"),
        ],
      ])
  }

  private func sizeChart(
    _ title: Prose, _ label: Prose, _ value: (PreconditioningStudy.Row) -> Double
  ) -> Chart {
    Chart(
      title, x: .log("σ"), y: .log(label),
      curves: Self.networks.enumerated().map { position, kind in
        let rows = study.rows(of: kind.key)
        return Curve(
          of: Quantity(.word(kind.name), "a network that says \(kind.name)"),
          x: rows.map(\.sigma), y: rows.map(value), choice: (network, position))
      })
  }

  var preconditioningResiduals: [Residual] {
    let walked = results.latent.denoiserError.map { error in
      Residual(
        """
        The model’s \(math: "x̂_0") is \(math: "c_skip x̃ + c_out F"): at every call of the walks, \
        relative to the largest magnitude
        """, measured: error, bound: 1e-4)
    }
    return [
      Residual(
        "EDM’s inputs and targets are of size 1 at every level: 4000 points of the clouds",
        measured: study.unitError, bound: 0.05),
      Residual(
        """
        EDM’s \(math: "c_out^2") is the least that \
        \(math: "(1 − c_skip)^2 σ_d^2 + c_skip^2 σ^2") can be, relative
        """, measured: study.leastError, bound: 1e-9),
    ] + [walked].compactMap { $0 }
  }
}
