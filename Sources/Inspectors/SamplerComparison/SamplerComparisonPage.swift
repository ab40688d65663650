import Commands
import Diffusion
import Foundation
import Imaging
import Pages
import Tensors

/// The page of `sampler-comparison`.
struct SamplerComparisonPage {
  let results: Results
  let pictures: Results.Drawn
  private let particles: ParticlePanel
  let world: Axis
  let sampler: Axis
  private let planeSteps: Axis
  let time: Axis
  let network: Axis
  private let grid: Axis
  let plmsStep: Axis
  let plmsScale: Axis

  private var convergence: ConvergenceStudy { results.plane.convergence }
  private var schedule: NoiseSchedule { results.plane.schedule }

  init(_ results: Results, pictures: Results.Drawn, seed: UInt64) throws {
    (self.results, self.pictures) = (results, pictures)
    world = Axis("data", choices: ParticlePanel.World.all.map(\.name))
    let first = results.samplers.firstIndex(of: .ddim) ?? 0
    sampler = Axis("sampler", choices: results.samplers.map(\.rawValue), start: first)
    planeSteps = Axis("steps", choices: ParticlePanel.steps.map { "\($0)" }, start: 1)
    let last = results.plane.schedule.count - 1
    let stops = (0...40).map { last - $0 * last / 40 }
    time = Axis(
      "timestep t", values: stops.map(Double.init) + [-1],
      labels: stops.map(String.init) + ["end"], start: 33)
    network = Axis("the network says", choices: ["ε", "v", "EDM’s F"])
    grid = Axis("timesteps", choices: ["even in ln σ", "the model’s"])
    let steps = results.guidance.plms.first?.steps ?? []
    plmsStep = Axis(
      "step of PLMS", steps: steps.map(\.index), start: min(4, max(steps.count - 1, 0)))
    plmsScale = Axis(
      "guidance scale", choices: results.guidance.plms.map { Values.text($0.scale) },
      start: results.guidance.plms.count - 1)
    particles = try ParticlePanel(
      world: world, sampler: sampler, steps: planeSteps, time: time, samplers: results.samplers,
      noise: results.plane.noise, schedule: results.plane.schedule, seed: seed)
  }

  func page() -> Page {
    Page(
      "Sampler comparison", number: 4,
      question: "Which way from noise to picture, and how many steps does it need?",
      residuals: residuals, next: suggestions
    ) {
      instrument
      convergenceSection
      preconditioningSection
      modelSection
      axesSection
      etaSection
      guidanceSection
      plmsSection
    }
  }
}

// MARK: - The instrument

extension SamplerComparisonPage {
  private var instrument: Section {
    let sigma = Quantity("σ", "noise over signal", .noise)
    let slope = Quantity("ε̂", "the noise that the predictor sees", .prediction)
    return Section {
      Text(
        """
        Each point began as noise, and the exact noise predictor of this data shows it the way. The \
        rings follow the exact solution, the dots a sampler that looks only at its steps. Choose few \
        steps and see where the dots leave the rings.
        """)
      Choice(world)
      Choice(sampler)
      Choice(planeSteps)
      Row(widths: [1, 1]) {
        particles
        errorChart("Distance to the exact solution", \.distanceToExact, over: grid)
      }
      Timeline(time)
      LiveFormula(
        """
        \(fraction: "d x̃", "d σ") = \(term: slope) , x̃ = \(fraction: "x_t", "√ᾱ_t") ,
        \(term: sigma, value: .over(time, time.values.map(sigmaAt)))
        = \(fraction: "√{1 − ᾱ_t}", "√ᾱ_t")
        """,
        reading: """
          The probability flow: less noise, along the noise that is seen. Every sampler without fresh \
          noise is a way to solve this equation in a few steps.
          """)
    }
  }

  private func sigmaAt(_ t: Double) -> Double { schedule.level(at: Int(t)).sigma }

  /// Distance against calls: one curve for each sampler, on the chosen grid.
  private func errorChart(
    _ title: Prose, _ value: @escaping (ConvergenceStudy.Row) -> Double?, over grid: Axis
  ) -> Chart {
    let grids = ConvergenceStudy.Grid.allCases
    return Chart(
      title, x: .log("calls of the model"), y: .log("median distance"),
      curves: results.samplers.enumerated().map { position, name in
        let rows = grids.map { grid in
          convergence.rows.filter { $0.grid == grid && $0.sampler == name }
        }
        return Curve(
          of: Quantity(.word(name.rawValue), name.rawValue),
          x: .over(grid, rows.map { $0.map { Double($0.modelCalls) } }),
          y: .over(grid, rows.map { $0.map { value($0) ?? .nan } }),
          choice: (sampler, position))
      })
  }
}

// MARK: - The order of convergence

extension SamplerComparisonPage {
  private var convergenceSection: Section {
    Section("How fast each nears the truth") {
      Text(
        """
        On the mixture the exact solution is known to \(convergence.referenceError, .scientific(1)). \
        Twice as many calls divide the distance by \(math: "2^p"); \(math: "p") is the order, the \
        slope of these lines. It is fitted to the six finest walks whose distance is above what \
        Float32 rounds away, \(ConvergenceStudy.roundingFloor, .scientific(1)).\(freshNoiseWords)
        """)
      Choice(grid)
      Row(widths: [1, 1]) {
        errorChart("Distance to the exact solution", \.distanceToExact, over: grid)
        errorChart("Distance to the same sampler’s 1000 steps", \.distanceToFinest, over: grid)
      }
      orderTable
      if let promiseWords { Text(promiseWords) }
      Text(
        """
        The promise needs steps that are small everywhere. The model’s own timesteps crowd where \
        \(math: "σ") is small: the last step of a walk of 50 still goes from \
        \(sigmaAt(20), .decimals(2)) to \(sigmaAt(0), .decimals(2)), by a factor of \
        \(sigmaAt(20) / sigmaAt(0), .decimals(1)). There solvers in \(math: "λ = −ln σ") and PLMS, \
        which weighs its noises as if steps were equal, fall short of their order until there are \
        hundreds of steps.
        """)
      Text(
        """
        These are “leading” timesteps: multiples of \(math: "T / S") rounded down. That is whole only \
        for divisors of \(math: "T"): with 501 to 999 steps of 1000 it is 1, and a walk of 501 steps \
        begins at timestep 500, where half of the picture’s noise is not there yet. diffusers does the \
        same; “trailing” and “linspace” always begin at the last timestep.
        """)
    }
  }

  /// Only where such walks were made.
  private var freshNoiseWords: String {
    results.samplers.contains(where: \.drawsNoise)
      ? " Walks with fresh noise end elsewhere however many steps they take." : ""
  }

  /// Why some promises are what they are, of the samplers that are here.
  private var promiseWords: Prose? {
    let reasons = results.samplers.compactMap { name in
      name.promiseReason.map { "\(name.rawValue) \($0)." }
    }
    let open = results.samplers.contains(where: \.mayExceedPromise)
    let least =
      "“At least”: the first steps are of that order, those after them may be of a higher one."
    return reasons.isEmpty && !open
      ? nil : Prose(((open ? [least] : []) + reasons).joined(separator: " "))
  }

  private var orderTable: Table {
    func cells(_ grid: ConvergenceStudy.Grid, _ name: SamplerName) -> [Table.Cell] {
      guard let order = convergence.orders.first(where: { $0.grid == grid && $0.sampler == name })
      else { return [.none, .none] }
      let half = NumberFormat.decimals(2).text(order.fit.halfWidth)
      return [
        .number(order.fit.order, .decimals(2)),
        .prose("± \(half), \(order.steps.first ?? 0) to \(order.steps.last ?? 0) steps"),
      ]
    }
    return Table(
      "Order of convergence, with the 95 % interval of the fit",
      columns: [
        "sampler", "promised", "even in ln σ", "95 %", "the model’s timesteps", "95 %",
      ],
      rows: results.samplers.map { name in
        let promise: Table.Cell =
          name.promisedOrder.map { promised in
            .prose("\(name.mayExceedPromise ? "at least " : "")\(Int(promised))")
          } ?? .none
        return [.prose(Prose(name.rawValue)), promise] + cells(.even, name) + cells(.model, name)
      }, follows: sampler)
  }
}

// MARK: - The model

extension SamplerComparisonPage {
  private var rows: [LatentStudy.Row] { results.latent.rows }
  private var stepCounts: [[Int]] {
    results.samplers.map { results.latent.rows(of: $0).map(\.walk.steps) }
  }

  private var modelSection: Section {
    let request = results.latent.generation.request
    let reference = results.latent.reference
    let count = stepCounts.first?.count ?? 0
    let settings =
      ["guidance \(request.guidanceScale)", "seed \(request.seed)"]
      + results.latent.generation.partsWords
    return Section("One model, one starting noise") {
      Text(
        """
        “\(em: request.prompt)”, \(Prose(settings.joined(separator: ", "))). \
        \(beginningWords) The reference takes \
        \(reference.steps) steps of dpm-solver++, \(reference.modelCalls) calls. \(lastStepWords) \
        \(secondsWords)
        """)
      for index in 0..<count {
        PictureGrid(figures(index), width: 104, selecting: sampler)
      }
      Row(widths: [2, 2, 1]) {
        referenceChart
        levelChart
        Pictures([
          Figure("the reference", .fixed(Picture(shown: pictures.reference)))
        ])
      }
      Table(
        "Each walk of the model", rows, SamplerComparisonFiles.comparison)
    }
  }

  /// Where the walks begin, and how their levels lie.
  private var beginningWords: String {
    let settings = results.settings
    var words =
      (settings.spacing ?? .trailing) == .leading
      ? "All walks take “leading” timesteps, and begin where these do, with the same noise."
      : "Every walk begins at the last timestep with the same noise."
    if let sigmas = settings.sigmas, sigmas != .timesteps {
      words += " Their noise levels are spread as \(sigmas.rawValue) sigmas."
    }
    if let eta = settings.eta, eta > 0 { words += " η is \(Values.text(eta))." }
    return words
  }

  /// σ where each step of the longest walks begins.
  private var levelChart: Chart {
    Chart(
      "Where the longest walks stop", x: .linear("step"), y: .log("σ"),
      curves: results.samplers.enumerated().compactMap { position, name in
        results.latent.rows(of: name).last.map { row in
          Curve(
            of: Quantity(.word(name.rawValue), name.rawValue + "’s noise levels"),
            x: row.walk.sigmas.indices.map(Double.init), y: row.walk.sigmas,
            choice: (sampler, position))
        }
      })
  }

  /// Which walks end clean, of those that were made.
  private var lastStepWords: String {
    let noisy = results.samplers.filter { name in
      results.latent.rows(of: name).contains { !$0.walk.endsClean }
    }
    return SamplerName.lastStepWords(results.samplers, endingInNoise: noisy)
  }

  private var secondsWords: String {
    results.latent.generation.model.walksSideBySide
      ? "Walks of so small a model are made side by side: seconds are those of one thread." : ""
  }

  /// The results of every sampler with its `index`-th number of steps.
  private func figures(_ index: Int) -> [Figure] {
    results.samplers.map { name in
      let places = rows.indices.filter { rows[$0].walk.sampler == name }
      let (row, image) = (rows[places[index]], pictures.rows[places[index]])
      return Figure(
        Prose("\(name.rawValue), \(row.walk.steps)"), .fixed(Picture(shown: image)),
        note: .fixed(
          "\(row.walk.modelCalls) calls, \(NumberFormat.decimals(2).text(row.distance))"))
    }
  }

  private var referenceChart: Chart {
    Chart(
      "Distance to the reference", x: .log("calls of the model"),
      y: .log("root mean square of the latent’s difference"),
      curves: results.samplers.enumerated().map { position, name in
        let rows = results.latent.rows(of: name)
        return Curve(
          of: Quantity(.word(name.rawValue), name.rawValue + " on the model"),
          x: rows.map { Double($0.walk.modelCalls) }, y: rows.map(\.distance),
          choice: (sampler, position))
      })
  }

  private var axesSection: Section {
    let walks = results.samplers.compactMap { results.latent.rows(of: $0).last?.walk }
    // Those without fresh noise make the axes: jumps of noise would fill them otherwise.
    let (noisy, still) = (
      walks.filter(\.drawsNoise), walks.filter { !$0.drawsNoise }
    )
    let order = [results.latent.reference] + still + noisy
    let axes = MainAxes(
      ([results.latent.reference] + still).flatMap(\.path), others: noisy.flatMap(\.path))
    var place = 0
    let paths = order.map { walk in
      defer { place += walk.path.count }
      return Array(axes.coordinates[place..<place + walk.path.count])
    }
    return Section("The way through the latent space") {
      Row(widths: [1, 2]) {
        Text(
          """
          Every \(math: "x_t") of every walk, laid on the two main axes of the walks without fresh \
          noise: they hold \(axes.shares[0], .percent(0)) and \(axes.shares[1], .percent(0)) of their \
          variance. All leave from one noise and bend the same way; with few steps they cut the \
          corner\(results.samplers.contains(.plms) ? ", and where PLMS is unstable it is thrown off" : "").\
          \(noisy.isEmpty ? "" : " Those that draw fresh noise leave for another picture, mostly at right angles to this plane.")
          """)
        Chart(
          "Walks on the main axes, \(walks.map(\.steps).max() ?? 0) steps",
          x: .linear("first axis"), y: .linear("second axis"),
          curves: zip(order, paths).enumerated().map { position, drawn in
            axesCurve(drawn.0, drawn.1, isReference: position == 0)
          })
      }
    }
  }

  private func axesCurve(
    _ walk: LatentStudy.Walk, _ path: [SIMD2<Double>], isReference: Bool
  ) -> Curve {
    guard !isReference, let position = results.samplers.firstIndex(of: walk.sampler) else {
      return Curve(
        of: Quantity(.word("reference"), "the reference’s way", .signal), x: path.map(\.x),
        y: path.map(\.y), style: .dashed)
    }
    let name = walk.sampler.rawValue
    return Curve(
      of: Quantity(.word(name), "\(name)’s way"), x: path.map(\.x), y: path.map(\.y),
      choice: (sampler, position))
  }
}
