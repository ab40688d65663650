import Evaluation
import Imaging
import Pages
import Storybook
import Training

// MARK: - What the pictures show

extension ModelReportPage {
  func scoreSection(_ captions: CaptionTrials) -> Section {
    let sets = captions.scores
    let settings = report.settings
    return Section("What was asked for") {
      Text(
        """
        \(captions.trials.count) captions of combinations that training never met; \
        \(settings.samplerName), \(settings.steps) steps, guidance scale \
        \(settings.guidanceScale). A classifier that took no part in training reads the pictures. What \
        the autoencoder loses bounds what the model can score; chance is what the same pictures score \
        against one another's captions.
        """)
      if !settings.choices.isEmpty {
        Text("Nobody named them: \(settings.choices.joined(separator: "; ")).")
      }
      Table(
        "Share of pictures that show it",
        columns: ["measure", "generated", "95 % interval", "of"]
          + sets.dropFirst().map { Prose($0.name) },
        rows: sets[0].scores.all.enumerated().map { row, measure in
          [
            .prose(Prose(measure.name)), .prose(Prose(Self.percent(measure.share))),
            .prose(Prose(Self.interval(measure.share))),
            .number(Double(measure.share.count), .decimals(0)),
          ]
            + sets.dropFirst().map {
              .prose(Prose(Self.percent($0.scores.all[row].share)))
            }
        })
      Text(
        """
        An object is found when its kind is anywhere in the picture; its colour is bound when the found \
        object has it, and swapped when the two objects of a picture have each other's.
        """)
    }
  }

  func confusionSection(_ captions: CaptionTrials) -> Section {
    Section("What was read instead") {
      Text("Rows are what was asked for, columns what was read; the diagonal is right.")
      for tables in captions.confusions.pairs {
        Row {
          for table in tables { confusion(table) }
        }
      }
    }
  }

  private func confusion(
    _ table: (name: String, classes: [String], counts: [[Int]])
  ) -> Table {
    Table(
      Prose(table.name), columns: [""] + table.classes.map { Prose($0) },
      rows: table.classes.indices.map { row in
        [.prose(Prose(table.classes[row]))]
          + table.classes.indices.map { column in
            let count = table.counts[row][column]
            let text = count == 0 ? "·" : String(count)
            return .prose(row == column ? "\(em: text)" : Prose(text))
          }
      })
  }

  func distanceSection(_ captions: CaptionTrials) -> Section {
    Section("How far from the world") {
      Text(
        """
        The Fréchet distance between the classifier's features of a set of pictures and those of 2000 \
        other held-out scenes. True scenes of the same number have the distance that is left by \
        chance: nothing can be expected below it.
        """)
      Table("Fréchet distance", captions.distances, ModelReportFiles.distanceColumns)
    }
  }
}

// MARK: - Autoencoders

extension ModelReportPage {
  var reconstructionSection: Section {
    Section("What the autoencoders carry") {
      Text(
        """
        Means over pictures, ± the standard deviation between them. Training saw storybook scenes and \
        dead leaves, other ones; it saw no photograph.
        """)
      Table(
        "Way in and back out", report.reconstructions, ModelReportFiles.reconstructionColumns)
      Text("The picture that came out worst of each set, and what came of it:")
      PictureGrid(
        report.reconstructions.flatMap { row in
          [
            Figure(Prose(row.set), .fixed(picture(row.worst.original))),
            Figure(
              Prose(row.autoencoder), .fixed(picture(row.worst.reconstruction)),
              note: .fixed(NumberFormat.decimals(1).text(row.quality.psnr.min() ?? .nan) + " dB")),
          ]
        }, width: 128)
    }
  }

  private func picture(_ image: Image) -> Picture { Picture(png: PNG.data(of: image)) }
}

extension Array {
  /// Two and two.
  fileprivate var pairs: [[Element]] {
    stride(from: 0, to: count, by: 2).map { Array(self[$0..<Swift.min($0 + 2, count)]) }
  }
}
