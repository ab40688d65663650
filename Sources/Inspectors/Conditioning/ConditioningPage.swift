import Attention
import Commands
import Imaging
import Pages

/// The page of `conditioning`: the switch, thrown each way.
struct ConditioningPage {
  private let experiment: ConditioningExperiment
  /// What this run measured.
  private let measured: [ConditioningScore]?
  /// What the bundled models were measured at.
  private let shipped: [ConditioningScore]?
  private let way: Axis

  private var trials: [Trial] { experiment.trials }

  init(
    _ experiment: ConditioningExperiment, measured: [ConditioningScore]?,
    shipped: [ConditioningScore]?
  ) {
    (self.experiment, self.measured, self.shipped) = (experiment, measured, shipped)
    way = Axis("told by", choices: experiment.trials.map(\.way.rawValue))
  }

  func page() -> Page {
    Page(
      "Conditioning", number: 11, question: "How is a U-Net told what to draw?",
      residuals: residuals, next: suggestions
    ) {
      instrument
      entrances
      quality
    }
  }

  private func over<Value>(_ value: (Trial) -> Value) -> Varying<Value> {
    .over(way, trials.map(value))
  }

  // MARK: The instrument

  private var instrument: Section {
    Section {
      Text(
        """
        One U-Net, one starting noise, one switch: what the model is told, and what it draws. Then one \
        thing in the condition is changed and nothing else. What moves is what that condition holds.
        """)
      if trials.count > 1 { Choice(way) }
      Pictures(
        [
          Figure("told", over { picture($0, 0) }, note: over { note($0, 0) }),
          Figure("drawn", over { drawn($0, 0) }),
          Figure("told, changed", over { picture($0, 1) }, note: over { note($0, 1) }),
          Figure("drawn from the same noise", over { drawn($0, 1) }),
          Figure(
            "what moved", over { Picture(shown: HeatmapPictures.changePicture($0.change)) },
            note: over { "mean change \(NumberFormat.decimals(1).text($0.meanChange)) of 255" }),
        ], columns: 5)
      Text("\(live: over { "Told by \($0.way.told); by \($0.way.door). Here \($0.deed)." })")
      if trials.count > 1 { Timeline(way) }
    }
  }

  /// The condition in words, where its picture does not say them already.
  private func note(_ trial: Trial, _ index: Int) -> String {
    trial.told[index].picture == nil ? "" : trial.told[index].words
  }

  /// The condition as a picture; words and names stand on a card.
  private func picture(_ trial: Trial, _ index: Int) -> Picture {
    Picture(shown: trial.told[index].picture ?? WordCard.of(trial.told[index].words))
  }

  /// What was drawn, with the boxes that were told.
  private func drawn(_ trial: Trial, _ index: Int) -> Picture {
    Picture(shown: LayoutPicture.outlined(trial.pictures[index], trial.told[index].boxes))
  }

  // MARK: The doors

  private var entrances: Section {
    Section("The doors into the U-Net") {
      LiveFormula(
        """
        ε_θ( z_t ⊕ c, t + e_k, τ_θ(y) )
        """,
        reading: """
          Three places where something can be told: channels joined to z_t, a vector added to that of \
          the time, and tokens that every transformer of the U-Net attends to. The rest of the network \
          is the same.
          """)
      Table(
        "What stands at the input",
        columns: [
          "told by", "door", "z_t and what is joined to it", "tokens", "labels", "U-Net parameters",
        ],
        rows: trials.map { trial in
          let entrance = trial.entrance
          return [
            .prose(Prose(trial.way.rawValue)), .prose(Prose(trial.way.door)),
            .prose(
              Prose("\(entrance.channels) channels of \(entrance.latent[1])×\(entrance.latent[2])")),
            .prose(Prose(entrance.context.map { "\($0[0]) of \($0[1]) features" } ?? "–")),
            .prose(Prose(entrance.labels.map { "\($0)" } ?? "–")),
            .number(Double(entrance.parameters), .integer),
          ]
        })
    }
  }

  // MARK: How well

  @SectionBuilder private var quality: [Section] {
    if let measured {
      Section("How well it is kept, in this run") {
        Table("Held-out scenes", measured, ConditioningScore.columns)
      }
    }
    if let shipped, !shipped.isEmpty {
      Section("How well the bundled models keep it") {
        Text(
          """
          Scenes whose combinations no training met, drawn by each model and read by networks that took \
          no part in any training; beside it what needs no model, or the same model told nothing.
          """)
        Table(
          "Held-out scenes, bundled models",
          shipped.filter { score in trials.contains { $0.way == score.way } },
          ConditioningScore.columns)
      }
    }
  }

  private var residuals: [Residual] {
    trials.compactMap { trial in
      trial.entrance.sumResidual.map {
        Residual(
          """
          Told by \(trial.way.rawValue): joining channels is adding after the first convolution, \
          relative to the largest value
          """, measured: $0, bound: 1e-5)
      }
    }
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "conditioning",
        ["--ways", "inpainting", "--prompt", "a red rocket on the snow by day"],
        because: "other words for the same hole: which of the two does the model believe?"),
      Suggestion(
        "conditioning",
        [
          "--ways", "semantic-map", "--map",
          "outputs/conditioning/images/semantic-map-condition.png",
        ],
        because: "paint over that picture with its five colours first, and see what follows"),
      Suggestion(
        "conditioning",
        [
          "--ways", "layout", "--boxes",
          "boat 0.1 0.5 0.5 0.9; sun 0.6 0.1 0.8 0.3; sea 0 0.5 1 1",
        ],
        because: "boxes of your own"),
    ]
  }

  var summary: Summary {
    Summary(
      columns: ["told by", "channels", "tokens", "labels", "change", "mean change of 255"],
      rows: trials.map { trial in
        [
          trial.way.rawValue, trial.entrance.channels,
          trial.entrance.context.map { "\($0[0])" } ?? "–",
          trial.entrance.labels.map { "\($0)" } ?? "–", trial.deed,
          NumberFormat.decimals(1).text(trial.meanChange),
        ]
      })
  }
}

/// Words as a picture, for conditions that are none.
enum WordCard {
  private static let side = 256
  private static let scale = 2

  static func of(_ text: String) -> Image {
    var card = Image(width: side, height: side, filledWith: RGB(245, 245, 245))
    let room = (side - 16) / (BitmapFont.advance * scale)
    var lines = [""]
    for word in text.replacing("“", with: "").replacing("”", with: "").split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= room {
        lines[lines.count - 1] = line + " " + word
      } else {
        lines.append(String(word))
      }
    }
    for (row, line) in lines.prefix(11).enumerated() {
      card.draw(
        String(line.prefix(room)), x: 8, y: 8 + row * (BitmapFont.lineHeight + 1) * scale,
        color: .black, scale: scale)
    }
    return card
  }
}
