import Commands
import Diffusion
import Foundation
import Imaging
import Pages
import Tensors

// η, the cost of guidance, PLMS, and what the page claims.

extension SamplerComparisonPage {
  // MARK: η

  var etaSection: Section {
    let eta = Axis(
      "η", choices: EtaStudy.etas.map { Values.text($0) }, start: 0)
    func chart(
      _ title: Prose, _ label: Prose, _ key: String, _ value: (EtaStudy.Row) -> Double
    ) -> Chart {
      Chart(
        title, x: .log("steps"), y: .log(label),
        curves: EtaStudy.etas.enumerated().map { position, eta_ in
          let rows = results.plane.eta.rows.filter { $0.eta == eta_ }
          return Curve(
            of: Quantity(.word("η = \(Values.text(eta_))"), "η = \(Values.text(eta_)), \(key)"),
            x: rows.map { Double($0.steps) }, y: rows.map(value), choice: (eta, position))
        })
    }
    return Section("η: from DDIM to DDPM") {
      LiveFormula(
        """
        x_p = √ᾱ_p x̂_0 + √{1 − ᾱ_p − σ^2} ε̂ + σ z,
        σ = η √{ \(fraction: "1 − ᾱ_p", "1 − ᾱ_t") ( 1 − \(fraction: "ᾱ_t", "ᾱ_p") ) }
        """,
        reading: """
          One formula for both: with η = 0 no noise is drawn, with η = 1 it is DDPM’s posterior. Fresh \
          noise forgets where a walk began, and with it the errors made so far; few steps leave it no \
          time to be cleaned away.
          """)
      Choice(eta)
      Row(widths: [1, 1]) {
        chart(
          "From where the exact solution goes", "median distance", "distance", \.distanceToExact)
        chart("As a distribution", "energy distance", "as a distribution", \.energyDistance)
      }
      Pictures(
        zip(results.eta, pictures.eta).map { walk, image in
          Figure(
            Prose("η = \(Values.text(walk.eta)), \(walk.walk.steps) steps"),
            .fixed(Picture(shown: image)))
        }, columns: 3)
    }
  }

  // MARK: Guidance

  var guidanceSection: Section {
    Section("What guidance costs") {
      Text(
        """
        Each call of a guided model is two passes of the U-Net, with the prompt and without it, as one \
        batch. The samplers pay with accuracy besides: \
        \(math: "s") multiplies what the prompt adds to the noise, and how fast that turns, so that \
        steps that were small enough are not any more.
        """)
      Table(
        "The same steps with and without", results.guidance.latent, SamplerComparisonFiles.guidance)
      PictureGrid(
        zip(results.guidance.latent, pictures.guidance).compactMap { row, image in
          image.map {
            Figure(
              Prose("\(row.sampler.rawValue), s = \(Values.text(row.scale))"),
              .fixed(Picture(shown: $0)))
          }
        }, width: 128)
    }
  }

  // MARK: PLMS

  var plmsSection: Section {
    let weights = (0..<4).map { k in
      Quantity(Math("b_\(k)"), "weight of the noise \(Self.ages[k])", .noise)
    }
    func weight(_ k: Int) -> Varying<Double> {
      overPLMS { $0.weights.indices.contains(k) ? $0.weights[k] : 0 }
    }
    let combined = Quantity("ε'", "what PLMS believes", .prediction)
    return Section("PLMS, and why it blows up") {
      Choice(plmsScale)
      Timeline(plmsStep)
      Pictures(noiseFigures + [combinedFigure(combined)], columns: 5)
      LiveFormula(
        """
        \(term: combined) = \(term: weights[0], value: weight(0)) ε_0
        + \(term: weights[1], value: weight(1)) ε_1 + \(term: weights[2], value: weight(2)) ε_2
        + \(term: weights[3], value: weight(3)) ε_3
        """,
        reading: """
          A cubic through the last four noises, newest first. The weights sum to 1, and their sizes \
          to 6⅔: what the four have in common counts once, what tells them apart up to 6⅔ times.
          """)
      Row(widths: [1, 1]) {
        amplificationChart
        growthChart
      }
      Row(widths: [1, 1]) {
        answerChart
        sizeChart
      }
      Text(
        """
        Where the noise answers a step’s own error, that error comes back multiplied. DDIM stands \
        \(math: "z") up to 2, PLMS with four noises only \(math: "\(fraction: "3", "10")"). \
        \(math: "z") grows with the step, and \(math: "s") multiplies what the prompt adds to it: at a \
        high scale few steps take it past the limit, and each step makes the last one’s error larger. \
        Here \(math: "J") is read off the walk itself: by how much the noise changed from step to step, \
        over how far \(math: "x̃") had moved.
        """)
    }
  }

  private static let ages = ["now", "one step ago", "two steps ago", "three steps ago"]

  private func overPLMS<Value: Sendable>(_ value: (PLMSStep) -> Value) -> Varying<Value> {
    .over(plmsScale, plmsStep, results.guidance.plms.map { $0.steps.map(value) })
  }

  private func mosaic(_ noise: Tensor) -> Picture {
    let spread = 3 * Float(noise.moments.std)
    let range = spread.isFinite && spread > 0 ? spread : 1
    let picture = ColorMap.balance.image(of: noise.channelMosaic, range: -range...range)
    return Picture(png: PNG.data(of: picture), kind: .grid)
  }

  private var noiseFigures: [Figure] {
    (0..<4).map { k in
      let shown = Quantity(Math("ε_\(k)"), "the noise \(Self.ages[k])", .noise)
      return Figure(
        of: shown,
        overPLMS { step in
          mosaic(step.noises.indices.contains(k) ? step.noises[k] : .zeros(step.combined.shape))
        },
        note: overPLMS { step in
          step.weights.indices.contains(k)
            ? "times \(NumberFormat.decimals(3).text(step.weights[k]))" : "not there yet"
        })
    }
  }

  private func combinedFigure(_ quantity: Quantity) -> Figure {
    Figure(
      of: quantity, overPLMS { mosaic($0.combined) },
      note: overPLMS { "\(NumberFormat.decimals(2).text($0.amplification)) times as long as ε₀" })
  }

  private var amplificationChart: Chart {
    Chart(
      "How much longer PLMS makes the noise", x: .linear("step"), y: .linear("‖ε'‖ / ‖ε₀‖"),
      curves: results.guidance.plms.enumerated().map { position, walk in
        let scale = Values.text(walk.scale)
        return Curve(
          of: Quantity(.word("s = \(scale)"), "at guidance \(scale)"),
          x: walk.steps.map { Double($0.index) }, y: walk.steps.map(\.amplification),
          choice: (plmsScale, position))
      }, cursor: plmsStep)
  }

  private var growthChart: Chart {
    let z = (1...120).map { Double($0) * 0.02 }
    let ideas: [Idea] = [.signal, .condition, .prediction, .noise]
    return Chart(
      "Growth of an error at each step", x: .linear("z = J (σ − σ')"),
      y: .linear("growth"),
      curves: Multistep.coefficients.enumerated().map { index, weights in
        let name = index == 0 ? "DDIM" : "\(index + 1) noises"
        return Curve(
          of: Quantity(.word(name), "growth with \(name)", ideas[index]), x: z,
          y: z.map { Multistep.growth(weights, z: $0) })
      },
      markers: [
        .x(.fixed(Multistep.limit(Multistep.coefficients[3])), "PLMS’s limit", .noise),
        .x(.fixed(Multistep.limit(Multistep.coefficients[0])), "DDIM’s limit", .signal),
        .y(.fixed(1), "neither grows nor fades"),
      ])
  }

  private static let sweepIdeas: [SamplerName: Idea] = [
    .ddim: .signal, .plms: .noise, .dpmSolver: .condition,
  ]

  private var answerChart: Chart {
    Chart(
      "How strongly the model’s noise answers a step", x: .linear("step"), y: .log("z"),
      curves: results.guidance.plms.enumerated().map { position, walk in
        let (scale, steps) = (Values.text(walk.scale), walk.steps.filter { $0.answer != nil })
        return Curve(
          of: Quantity(.word("s = \(scale)"), "z at guidance \(scale)"),
          x: steps.map { Double($0.index) }, y: steps.compactMap(\.answer),
          choice: (plmsScale, position))
      },
      markers: [
        .y(.fixed(Multistep.limit(Multistep.coefficients[3])), "PLMS’s limit", .noise)
      ], cursor: plmsStep)
  }

  private var sizeChart: Chart {
    Chart(
      "Size of the model’s last latent", x: .log("guidance scale s"),
      y: .log("root mean square of its elements"),
      curves: GuidanceStudy.samplers.map { name in
        let rows = results.guidance.latent.filter { $0.sampler == name && $0.scale > 0 }
        return Curve(
          of: Quantity(
            .word(name.rawValue), "\(name.rawValue)’s last latent",
            Self.sweepIdeas[name] ?? .neutral),
          x: rows.map(\.scale), y: rows.map { $0.size.isFinite ? $0.size : .nan })
      })
  }

  // MARK: Is it true?

  var residuals: [Residual] {
    let plane = results.plane
    let plms = results.guidance.plms.flatMap(\.steps)
    let stability = [0, 3].map { index in
      let weights = Multistep.coefficients[index]
      return abs(Multistep.growth(weights, z: Multistep.limit(weights)) - 1)
    }
    return [
      Residual(
        "The exact solution on the mixture: its largest error, by half as many steps",
        measured: plane.convergence.referenceError, bound: 1e-9)
    ] + orderResiduals + [
      Residual(
        "DDIM with \(math: "η = 1") is DDPM: 50 steps in the plane with the same noise",
        measured: plane.eta.ddpmDifference, bound: 1e-3),
      Residual(
        """
        PLMS walks along \(math: "Σ_k b_k ε_k"): recovered from its steps on the model, relative to \
        the largest magnitude
        """, measured: plms.map(\.residual).max() ?? 0, bound: 1e-3),
      Residual(
        """
        An error neither grows nor fades at \(math: "z = 2 / Σ_k |b_k|"): 2 for DDIM, 0.3 for PLMS
        """, measured: stability.max() ?? 0, bound: 1e-3),
    ] + preconditioningResiduals + findings
  }

  private var orderResiduals: [Residual] {
    results.plane.convergence.orders.filter { $0.grid == .even }.compactMap { order in
      guard let departure = order.departure, let promised = order.sampler.promisedOrder else {
        return nil
      }
      return Residual(
        """
        \(order.sampler.rawValue) is of order \(Int(promised))\
        \(order.sampler.mayExceedPromise ? " or more" : ""): the fit gives \
        \(order.fit.order, .decimals(3)) ± \(order.fit.halfWidth, .decimals(3)); how far it is off
        """, measured: departure, bound: order.sampler.orderTolerance)
    }
  }

  private var findings: [Residual] {
    let rows = results.latent.rows
    guard let slow = rows.last(where: { $0.walk.sampler == .ddim }),
      let fast = rows.last(where: { $0.walk.sampler == .dpmSolver })
    else { return [] }
    return [
      Residual(
        """
        On the model dpm-solver++ ends nearer to the reference than DDIM with as many steps: its \
        distance over that of DDIM
        """, measured: fast.distance / slow.distance, bound: 1, kind: .finding)
    ]
  }

  var suggestions: [Suggestion] {
    [
      Suggestion(
        "sampler-comparison", ["--steps-list", "5,10,20,50", "--reference-steps", "200"],
        because: "more steps of the model, and a finer reference"),
      Suggestion(
        "sampler-comparison",
        ["--sampler", "ddim,plms,dpm-solver++", "--steps-list", "5,10,50,100,1000"],
        because: "up to the 1000 steps of DDPM’s day; some minutes"),
      Suggestion(
        "sampler-comparison",
        ["--sampler", "euler,heun,dpm-solver++", "--sigmas", "karras", "--steps-list", "5,10,20"],
        because: "noise levels as Karras spreads them, many of them near the picture"),
      Suggestion(
        "sampler-comparison", ["--sampler", "plms", "--guidance-list", "7.5,15,30,60"],
        because: "how PLMS goes to pieces"),
    ]
  }

  /// What the terminal shows: the orders, and the last walk of each sampler on the model.
  var summary: Summary {
    let orders = results.plane.convergence.orders.filter { $0.grid == .even }
    return Summary(
      columns: ["sampler", "order", "95 %", "steps", "calls", "seconds", "distance"],
      rows: results.samplers.map { name in
        let fit = orders.first { $0.sampler == name }?.fit
        let row = results.latent.rows(of: name).last
        let short = NumberFormat.decimals(2)
        return [
          name.rawValue, fit.map { short.text($0.order) } ?? "",
          fit.map { "± " + short.text($0.halfWidth) } ?? "",
          row.map { "\($0.walk.steps)" } ?? "", row.map { "\($0.walk.modelCalls)" } ?? "",
          row.map { short.text($0.walk.seconds) } ?? "",
          row.map { NumberFormat.decimals(4).text($0.distance) } ?? "",
        ]
      })
  }
}

extension Math {
  /// A name in a legend.
  static func word(_ text: String) -> Math {
    let quoted = "\"\(text)\""
    return Math(quoted)
  }
}
