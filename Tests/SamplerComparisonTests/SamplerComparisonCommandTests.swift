import Diffusion
import Foundation
import Pages
import Records
import SamplerComparison
import TestSupport
import Testing

@Suite("sampler-comparison") struct SamplerComparisonCommandTests {
  private func run(_ arguments: [String], _ check: (URL, Page) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try SamplerComparisonCommand.run(
        ["--reference-steps", "6", "--output", folder.path] + arguments)
      try check(folder, result.page)
    }
  }

  private func table(_ name: String, in folder: URL) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  @Test("every sampler is a row for each number of steps, with its calls; what is claimed holds")
  func tables() throws {
    try run(["--steps-list", "3,4", "--tensors"]) { folder, page in
      let comparison = try table("comparison.csv", in: folder)
      #expect(
        comparison.columns == [
          "sampler", "steps", "model_calls", "seconds", "distance_to_reference", "order",
        ])
      let names = try #require(comparison.texts("sampler"))
      #expect(comparison.rows.count == 34 && Set(names).count == 17)
      let calls = try #require(comparison.numbers("model_calls"))
      for (name, expected) in [
        ("ddim", [3.0, 4]), ("plms", [4, 5]), ("heun", [5, 7]), ("kdpm2", [5, 7]),
        ("dpm-solver++-3s", [3, 4]),
      ] {
        #expect(zip(names, calls).filter { $0.0 == name }.map(\.1) == expected)
      }
      for residual in page.residuals where residual.kind == .identity {
        #expect(residual.holds, "\(residual.identity): \(residual.measured)")
      }
      // The claims that the page is about: orders, DDPM as DDIM, PLMS's weights and limit.
      #expect(page.residuals.filter { $0.kind == .identity }.count == 20)
      let guidance = try table("guidance.csv", in: folder)
      let passes = try #require(guidance.numbers("unet_passes"))
      let scales = try #require(guidance.numbers("guidance_scale"))
      for (index, scale) in scales.enumerated() {
        let calls = try #require(guidance.numbers("model_calls"))[index]
        #expect(passes[index] == calls * (scale == 1 ? 1 : 2))
      }
      #expect(try table("plms.csv", in: folder).rows.count == 3 * 4)
      #expect(try table("orders.csv", in: folder).rows.count == 26)
      let preconditioning = try table("preconditioning.csv", in: folder)
      #expect(preconditioning.rows.count == 3 * 41)
      let (network, size) = try (
        #require(preconditioning.texts("network")), #require(preconditioning.numbers("target_size"))
      )
      // What EDM's network must say is of size 1 at every level; what one of v must say is not.
      let edm = zip(network, size).filter { $0.0 == "edm" }.map(\.1)
      #expect(edm.allSatisfy { abs($0 - 1) <= 0.05 }, "\(edm)")
    }
  }

  @Test("a sampler of first order nears the reference as its steps grow")
  func nearer() throws {
    try run(
      [
        "--sampler", "ddim", "--steps-list", "3,24", "--reference-steps", "30", "--prompt",
        "a boat",
      ]
    ) { folder, _ in
      let table = try table("comparison.csv", in: folder)
      let distances = try #require(table.numbers("distance_to_reference"))
      #expect(distances[1] < 0.5 * distances[0])
    }
  }

  @Test("its words are about the walks that were made")
  func words() throws {
    let stage = Repository.path("fixtures/model/vae")
    try run(["--sampler", "ddim,heun", "--steps-list", "3", "--vae", stage]) { folder, _ in
      let page = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(page.contains("seed 42, decoded by the first stage of \(stage)"))
      #expect(page.contains("Every walk begins at the last timestep"))
      for absent in ["fresh noise end elsewhere", "all but deis", "PLMS is unstable it is"] {
        #expect(!page.contains(absent), "\(absent)")
      }
      #expect(page.contains("begins at timestep 500"))
      #expect(!page.contains("“At least”") && !page.contains("second difference"))
    }
    try run(["--sampler", "dpm-solver++-3m,lms", "--steps-list", "3"]) { folder, _ in
      let page = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(page.contains("“At least”") && page.contains("half, and is of second order"))
      #expect(page.contains("The last step of all but lms goes to the clean image"))
      #expect(page.contains("lms goes to the clean image along the polynomial"))
    }
  }

  @Test("of every sampler is said how its last step ends")
  func lastSteps() {
    let words = SamplerName.lastStepWords
    let first =
      "goes to the clean image and is of first order: of a good sampler’s distance it is what is left."
    #expect(words([.ddim, .heun], []) == "The last step " + first)
    #expect(
      words([.ddim, .plms, .lms, .deis], [.deis])
        == "The last step of all but plms, lms and deis \(first) plms and lms go to the clean image "
        + "along the polynomial through the last slopes. deis ends at the noise of timestep 0, and is "
        + "measured against the reference there.")
    // Where PLMS stops at the noise of timestep 0 it is no walk to the clean image.
    #expect(
      words([.plms, .deis], [.plms, .deis])
        == "plms and deis end at the noise of timestep 0, and are measured against the reference there."
    )
  }

  @Test("an error's growth is drawn as it is, not cut at 3, and the slider ends in words")
  func growth() throws {
    try run(["--sampler", "ddim", "--steps-list", "3"]) { folder, _ in
      try withBrowserPage(folder.appendingPathComponent("index.html").path) { page in
        let most: [Double] = try page.evaluate(
          """
          book.charts.find(chart => chart.title.startsWith("Growth")).curves
            .map(curve => Math.max(...curve.y.values[0]))
          """)
        #expect(zip(most, [1.4, 3, 4.382, 5.662]).allSatisfy { abs($0 - $1) < 1e-2 }, "\(most)")
        let last: String = try page.evaluate(
          "book.axes.find(axis => axis.name === 'timestep t').labels.at(-1)")
        #expect(last == "end")
        #expect(try page.problems() == [])
      }
    }
  }

  @Test("noise levels, timesteps and fresh noise are those that were asked for")
  func settings() throws {
    func distances(_ more: [String]) throws -> [Double] {
      var distances: [Double] = []
      try run(["--sampler", "euler,dpm-solver++-2s", "--steps-list", "4"] + more) { folder, page in
        distances = try #require(
          table("comparison.csv", in: folder).numbers("distance_to_reference"))
        let text = try String(
          contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
        #expect(text.contains("spread as karras sigmas") == more.contains("karras"))
      }
      return distances
    }
    let (own, karras) = try (distances([]), distances(["--sigmas", "karras"]))
    #expect(zip(own, karras).allSatisfy { abs($0 - $1) > 1e-3 }, "\(own) \(karras)")
    try run(
      ["--sampler", "ddim,tcd", "--steps-list", "4", "--eta", "0.5"]
    ) { folder, _ in
      let text = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(text.contains("η is 0.5."))
    }
  }

  @Test("what does nothing to some samplers leaves them out of all, and the page says which")
  func leftOut() throws {
    try run(["--eta", "0.5", "--steps-list", "3"]) { folder, _ in
      let names = try #require(table("comparison.csv", in: folder).texts("sampler"))
      #expect(names == ["ddim"])
      let text = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(text.contains("--sampler all leaves out ddpm, plms"))
      let manifest = try #require(Manifest.of(folder: folder.path))
      #expect(manifest.settings["sampler"] == .list(["ddim"]))
    }
  }

  static let mistakes: [BadInput] = [
    .usage("--sampler", "ddpm", "--sigmas", "karras", mentions: "--sigmas does nothing to ddpm"),
    .usage("--sigmas", "karras", "--eta", "1", mentions: "none is left"),
    .usage("--sampler", "euler", "--eta", "0.5", mentions: "does nothing to euler"),
    .usage("--sampler", "dpm-solver++-2s", "--spacing", "leading", mentions: "does nothing to"),
    .usage("--eta", "1.5", mentions: "--eta"),
    .usage("--sampler", "euler-maruyama", mentions: "dpm-solver++"),
    .usage("--sampler", "ddim,,plms", mentions: "--sampler"),
    .usage("--steps-list", "5,1001", mentions: "1000"),
    .usage("--steps-list", "five", mentions: "5,10,20"),
    .usage("--reference-steps", "1", mentions: "--reference-steps"),
    .usage("--guidance-list", "7.5,much", mentions: "--guidance-list"),
    .usage("--guidance-list", "101", mentions: "100"),
    .usage("--steps", "5", mentions: "--steps-list"),
    .usage("--guidance-scale", "nan", mentions: "--guidance-scale"),
    BadInput("a model that is not there", status: 66, mentions: "nowhere") {
      ["--model", $0.appendingPathComponent("nowhere").path]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "sampler-comparison") == [])
  }

  @Test("on its page the particles walk with the timeline, and every frame in between is drawn")
  func page() throws {
    try run(["--sampler", "ddim,plms,heun", "--steps-list", "3"]) { folder, _ in
      try withBrowserPage(folder.appendingPathComponent("index.html").path) { page in
        let panel = "document.querySelector('.particles').parentElement"
        try page.waitUntil("\(panel).dataset.ready")
        try page.press("End")
        try page.waitUntil("Number(\(panel).dataset.settled) === 41")
        let few: Double = try page.evaluate("Number(\(panel).dataset.distance)")
        try page.run("document.querySelectorAll('.choice')[2].querySelectorAll('input')[3].click()")
        let many: Double = try page.evaluate("Number(\(panel).dataset.distance)")
        #expect(many < 0.5 * few, "\(many) after 50 steps, \(few) after 10")
        try page.press("ArrowLeft")
        try page.waitUntil("Number(\(panel).dataset.settled) === 40")
        let drawn: Int = try page.evaluate("Number(\(panel).dataset.drawn)")
        #expect(drawn > 2)
        #expect(try page.problems() == [])
      }
    }
  }
}
