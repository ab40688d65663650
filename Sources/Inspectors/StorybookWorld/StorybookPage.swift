import Commands
import Foundation
import Imaging
import Pages
import Storybook
import Tensors

/// Everything that one run of `storybook` found, and the page that shows it.
struct StorybookPage {
  let experiment: StorybookExperiment
  let splitName: String

  private let scene: Axis
  private var batch: SceneBatch { experiment.batch }

  init(experiment: StorybookExperiment, splitName: String) {
    (self.experiment, self.splitName) = (experiment, splitName)
    scene = Axis("scene", steps: Array(experiment.batch.scenes.indices))
  }

  var summary: Summary {
    Summary(
      columns: ["scene", "split", "caption"],
      rows: batch.scenes.enumerated().prefix(8).map { index, scene in
        ["\(index)", SceneSampler.split(of: scene.content).rawValue, scene.caption.text]
      } + [["…", "", "\(Int(experiment.speed.scenes)) scenes a second"]])
  }

  func page() -> Page {
    Page(
      "The storybook world", number: 0, question: "What did the shipped model learn from?",
      residuals: residuals, next: suggestions
    ) {
      instrument
      frequencySection
      textureSection
    }
  }

  // MARK: The instrument

  private var instrument: Section {
    Section {
      Text(
        """
        Point at a word, and what it names lights up; point into the picture, and the words that name \
        that place do. Every pixel knows what it shows, so that an attention map can be judged: does \
        it look where the word is? Nothing is stored: this run drew \
        \(experiment.speed.scenes, .decimals(0)) scenes and \
        \(experiment.speed.textures, .decimals(0)) textures of this size a second.
        """)
      Row(widths: [1.6, 1]) {
        CaptionPanel(batch, scene: scene)
        numbers
      }
      Timeline(scene)
      PictureGrid(
        strip: scene,
        Image.batch(batch.pictures).map { Picture(png: PNG.data(of: $0)) }, width: 84)
    }
  }

  private var numbers: Numbers {
    func row(
      _ symbol: Math, _ name: String, _ idea: Idea = .neutral, _ value: (Scene) -> Float
    ) -> Number {
      Number(
        of: Quantity(symbol, name, idea), .over(scene, batch.scenes.map { Double(value($0)) }),
        .decimals(3))
    }
    return Numbers(
      "What the caption does not say",
      [
        row("y_h", "height of the horizon, from the top") { $0.layout.horizon },
        row("x_1", "middle of the first object") { $0.layout.placements[0].x },
        row("y_1", "where it stands") { $0.layout.placements[0].base },
        row("h_1", "its height, of the picture's") { $0.layout.placements[0].size },
        row("b_1", "brightness of its colour") { $0.layout.placements[0].shade },
        row("x_s", "where the sky item hangs") { $0.layout.skyX },
        row("b", "brightness of the whole") { $0.layout.exposure },
      ])
  }

  // MARK: Frequencies

  private var frequencySection: Section {
    let counted = experiment.frequencies
    return Section("Every word as often as the next") {
      Text(
        """
        \(counted.scenes) scenes, split “\(splitName)”. Attributes are drawn evenly and independently, \
        as far as they can be seen together: there is no sun at night, no stars by day, and two \
        objects are of different kinds. One combination in ten is held out: a model that draws it has \
        put it together itself.
        """)
      for group in [
        [SceneAttribute.time, .ground, .sky], [.firstKind, .secondKind], [.firstColor],
      ] {
        Row {
          for attribute in group { table(attribute) }
        }
      }
    }
  }

  private func table(_ attribute: SceneAttribute) -> Table {
    Table(
      Prose(attribute.rawValue), columns: ["class", "share", "probability"],
      rows: experiment.frequencies.rows.filter { $0.attribute == attribute }.map {
        [
          .prose(Prose($0.className)), .number($0.share, .decimals(4)),
          .number($0.expected, .decimals(4)),
        ]
      })
  }

  // MARK: Textures

  private var textureSection: Section {
    let textures = Quantity("P_{leaves}", "dead leaves", .signal)
    let scenes = Quantity("P_{scenes}", "storybook scenes", .condition)
    let fit = Quantity("f^{−p}", "the power law that fits the leaves", .neutral)
    let x = experiment.sceneSpectrum.frequencies.filter { $0 > 0 }
    func curve(_ quantity: Quantity, _ spectrum: PowerSpectrum) -> Curve {
      let points = zip(spectrum.frequencies, spectrum.power).filter { $0.0 > 0 }
      return Curve(of: quantity, x: points.map(\.0), y: points.map(\.1))
    }
    return Section("Textures with the statistics of photographs") {
      Text(
        """
        The power of photographs falls about as 1/f², with exponents between −1.6 and −3 (Tolhurst et \
        al. 1992): every octave of frequency holds about as much as the next. Discs that hide one \
        another, of all sizes in the right proportion, do the same, with exponent \
        \(experiment.textureFit.exponent, .decimals(2)) here. Autoencoders see both, so that they also \
        carry photographs, of which they meet none.
        """)
      Row(widths: [1.6, 1]) {
        PictureGrid(
          Image.batch(experiment.textures).prefix(12).enumerated().map {
            Figure(Prose("\($0)"), .fixed(Picture(png: PNG.data(of: $1))))
          }, width: 96)
        Chart(
          "Power at each frequency", x: .log("frequency in cycles per pixel"), y: .log("power"),
          curves: [
            curve(textures, experiment.textureSpectrum), curve(scenes, experiment.sceneSpectrum),
            Curve(of: fit, x: x, y: x.map(experiment.fitted), style: .dashed),
          ])
      }
    }
  }

  // MARK: Is it true?

  private var residuals: [Residual] {
    let checks = experiment.checks
    return [
      Residual(
        """
        Every class is drawn as often as it should be: largest deviation in standard errors, over \
        \(StorybookExperiment.frequencyCount) scenes of both splits
        """, measured: checks.evenness, bound: 5),
      Residual(
        "No split draws what belongs to the other: scenes of 40000",
        measured: Double(checks.strays), bound: 0),
      Residual(
        "One combination in ten is held out: difference from a tenth",
        measured: checks.heldOutShare, bound: 0.005),
      Residual(
        "What a pixel shows adds up to 1: largest difference", measured: Double(checks.shares),
        bound: 1e-5),
      Residual(
        "An object that changes its colour changes the picture in its mask and nowhere else",
        measured: Double(checks.recolouring), bound: 1e-5),
      Residual(
        "A scene is the same alone and among others: largest difference of a pixel",
        measured: Double(checks.company), bound: 0),
      Residual(
        "The power of dead leaves falls as that of photographs: exponent, less the middle of their range",
        measured: abs(experiment.textureFit.exponent + 2.3), bound: 0.7, kind: .finding),
    ]
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "storybook", ["--count", "1000", "--dataset"],
        because: "a data set for a model of your own: pictures, captions and a mask for every word"),
      Suggestion(
        "storybook", ["--split", "held-out"],
        because: "the combinations that training never meets"),
      Suggestion(
        "text-to-image", ["--prompt", batch.captions[0].text],
        because: "what the model makes of this page's first caption"),
    ]
  }
}
