import Foundation
import Pages
import Records
import TestSupport

/// A page with one of everything, on a small problem that is real: noise mixed into a drawn picture
/// by a linear schedule.
enum DemoPage {
  static let timesteps = Array(stride(from: 0, through: 1000, by: 50)).map { min($0, 999) }
  static let t = Axis("timestep t", steps: timesteps, start: 6)
  static let schedule = Axis("schedule", choices: ["linear", "cosine"])
  static let word = Axis("word", choices: ["a", "purple", "boat", "at", "sunset"], start: 2)

  static let signal = Quantity("√ᾱ_t", "what is left of the picture", .signal)
  static let noise = Quantity("√{1 − ᾱ_t}", "how much noise there is", .noise)
  static let noisy = Quantity("x_t", "the picture after t steps")
  static let original = Quantity("x_0", "the picture itself", .signal)
  static let epsilon = Quantity("ε", "the noise", .noise)
  static let snr = Quantity("SNR", "signal-to-noise ratio", .prediction)
  static let attention = Quantity("A", "where the word looks", .condition)

  /// ᾱ_t of both schedules at every t.
  static let alphas: [[Double]] = {
    let linear = (0..<1000).reduce(into: [Double]()) { list, t in
      list.append((list.last ?? 1) * (1 - (1e-4 + (0.02 - 1e-4) * Double(t) / 999)))
    }
    let cosine = (0..<1000).map { t in
      max(pow(cos((Double(t) / 1000 + 0.008) / 1.008 * .pi / 2), 2), 1e-6)
    }
    return [linear, cosine]
  }()

  static func along(_ value: (Double) -> Double) -> Varying<Double> {
    .over(schedule, t, alphas.map { list in timesteps.map { value(list[$0]) } })
  }

  static func curve(
    of quantity: Quantity, style: Curve.Style = .line, _ value: @escaping (Double) -> Double
  ) -> Curve {
    let x = (0..<1000).map(Double.init)
    return Curve(
      of: quantity, x: .fixed(x), y: .over(schedule, alphas.map { $0.map(value) }), style: style)
  }

  // MARK: Pictures

  static let size = 96

  static func scene(_ x: Int, _ y: Int) -> (Double, Double, Double) {
    let (u, v) = (Double(x) / Double(size), Double(y) / Double(size))
    if hypot(u - 0.75, v - 0.25) < 0.1 { return (0.9, 0.7, -0.3) }
    if v > 0.6 && v < 0.72 && abs(u - 0.4) < 0.2 - (v - 0.6) { return (0.2, -0.5, 0.4) }
    if u > 0.38 && u < 0.55 && v > 0.3 && v < 0.57 && u - 0.38 < (v - 0.3) * 0.7 {
      return (0.9, 0.9, 0.85)
    }
    return v > 0.66 ? (-0.7, -0.3, 0.2) : (0.6 - v, 0.1 - v / 2, 0.2 + v / 3)
  }

  /// The same noise for all steps: sums of a counter-based hash, near enough to normal to look at.
  static func gauss(_ index: Int) -> Double {
    var sum = -6.0
    for k in 0..<12 {
      var h = UInt64(index * 12 + k) &* 0x9E37_79B9_7F4A_7C15
      h = (h ^ h >> 30) &* 0xBF58_476D_1CE4_E5B9
      h = (h ^ h >> 27) &* 0x94D0_49BB_1331_11EB
      sum += Double((h ^ h >> 31) >> 11) / Double(1 << 53)
    }
    return sum
  }

  static func byte(_ value: Double) -> UInt8 { UInt8(min(max((value + 1) * 127.5, 0), 255)) }

  static func mixed(_ signal: Double, _ noise: Double) -> Picture {
    Picture(
      png: PlainPNG.encode(width: size, height: size) { x, y in
        let index = (y * size + x) * 3
        let (r, g, b) = scene(x, y)
        return (
          byte(signal * r + noise * gauss(index)), byte(signal * g + noise * gauss(index + 1)),
          byte(signal * b + noise * gauss(index + 2))
        )
      })
  }

  static func heat(_ focus: Int) -> Picture {
    let values = (0..<256).map { i -> Float in
      let (x, y) = (Double(i % 16), Double(i / 16))
      return Float(exp(-(pow(x - Double(3 * focus), 2) + pow(y - 8, 2)) / 12))
    }
    let png = PlainPNG.encode(width: 16, height: 16) { x, y in
      let v = UInt8(values[y * 16 + x] * 255)
      return (v, v / 2, 128 - v / 2)
    }
    return Picture(png: png, kind: .grid, values: values)
  }

  // MARK: The page

  /// Opens the page as a browser shows it.
  static func inBrowser(_ body: (BrowserPage) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("index.html").path
      let command = CommandLineText(executable: "demo", arguments: ["--image", "it's.png"])
      try page().html(command: command, provenance: .analytic, files: ["trace.csv"])
        .write(toFile: path, atomically: true, encoding: .utf8)
      try withBrowserPage(path, body)
    }
  }

  static func page(title: String = "Demonstration") -> Page {
    let frames = alphas.map { list in
      timesteps.map { mixed(list[$0].squareRoot(), (1 - list[$0]).squareRoot()) }
    }
    return Page(
      title, number: 0, question: "What does a page of \(em: "every") component look like?",
      residuals: [
        Residual(
          "closed form = iterated chain, max \(math: "|Δ|") at \(math: "t = 999")",
          measured: 3.1e-7,
          bound: 1e-5),
        Residual("a residual that is too large", measured: 0.2, bound: 1e-6),
      ],
      next: [
        Suggestion(
          "forward-noising", ["--schedule", "cosine", "--image", "my photo.png"],
          because: "The cosine schedule keeps the picture for longer.")
      ]
    ) {
      instrument(frames)
      words
      special
    }
  }

  @SectionBuilder static func instrument(_ frames: [[Picture]]) -> [Section] {
    Section {
      Choice(schedule)
      Row(widths: [2.4, 1]) {
        Pictures([
          Figure(
            of: noisy, .over(schedule, t, frames),
            note: along { 10 * log10(4 / (1 - $0)) }.map { "PSNR \(Int($0)) dB" }),
          Figure(of: original, .fixed(mixed(1, 0))),
          Figure(of: epsilon, .fixed(mixed(0, 1))),
        ])
        Numbers(
          "At this step",
          [
            Number(of: signal, along { $0.squareRoot() }),
            Number(of: noise, along { (1 - $0).squareRoot() }),
            Number(of: snr, along { $0 / (1 - $0) }),
            Number(of: Quantity("β_t", "variance added"), .fixed(0.0123), unit: "/ step"),
          ])
      }
      Timeline(t)
      LiveFormula(
        """
        x_t = \(term: signal, value: along { $0.squareRoot() }) \(term: original) + \
        \(term: noise, value: along { (1 - $0).squareRoot() }) \(term: epsilon)
        """, reading: "Point at a term: \(signal) is the share of the picture, \(noise) of noise.")
      Row {
        Chart(
          "How much is left", x: .linear("timestep t"), y: .linear("scale", in: 0...1),
          curves: [
            curve(of: signal) { $0.squareRoot() },
            curve(of: noise, style: .dashed) { (1 - $0).squareRoot() },
          ], markers: [.region(x: 600...999, "hardly anything", .error)], cursor: t)
        Chart(
          "Signal-to-noise ratio", x: .linear("timestep t"), y: .log("SNR"),
          curves: [curve(of: snr) { $0 / (1 - $0) }], markers: [.y(.fixed(1), "as much noise")],
          cursor: t)
      }
      PictureGrid(strip: t, frames[0])
    }
  }

  @SectionBuilder static var words: [Section] {
    Section("A second instrument, with a timeline of its own") {
      Text(
        "Each word has a map: \(attention). Fractions too: \(math: "\(fraction: "a_t", "b^2")").")
      PictureGrid(
        word.labels.indices.map { Figure(Prose(word.labels[$0]), .fixed(heat($0))) },
        selecting: word)
      Row {
        Pictures([
          Figure(of: attention, .over(word, word.labels.indices.map(heat)))
        ])
        Chart(
          "Mass per word", x: .linear("word"), y: .linear("share"),
          curves: [
            Curve(of: attention, x: [0, 1, 2, 3, 4], y: [0.1, 0.2, 0.4, 0.05, 0.25], style: .bars)
          ], cursor: word)
        Table(
          "Words", columns: ["position", "word", "mass"],
          rows: word.labels.enumerated().map { [.number(Double($0)), .prose(Prose($1)), 0.2] },
          follows: word)
      }
      Timeline(word)
    }
  }

  @SectionBuilder static var special: [Section] {
    Section("A special instrument") {
      Custom(
        markup: "<p>The page is at <output></output> of <b></b>.</p>",
        data: ["text": "</script><b>hostile"], axes: [t],
        code: PanelCode(
          script: """
            element.querySelector("b").textContent = data.text;
            page.onChange(() => {
              element.querySelector("output").textContent = page.position("timestep t");
            });
            """))
    }
  }
}
