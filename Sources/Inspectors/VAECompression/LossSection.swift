import Foundation
import Pages

extension VAECompressionPage {
  /// What the perceptual and the adversarial loss do: sharp and wrong against blurred and close.
  func lossSection(_ study: LossStudy) -> Section {
    let members = study.members
    let axis = Axis("way of learning", choices: members.map(\.name))
    return Section("What an autoencoder is told to care about") {
      Text(
        """
        The bundled autoencoder with f = \(study.factor) learned on from photographs and scenes in four \
        ways: by the distance of pixels alone, with the distance that a network sees, with a critic \
        that tells reconstructions from pictures, and with both. \(reading(study))
        """)
      LoupePanel(
        original: study.original,
        groups: [
          LoupePanel.Group(
            title: "f = \(study.factor)",
            items: members.enumerated().map { index, member in
              LoupePanel.Item(
                name: member.name, column: index, psnr: member.psnrOfPicture,
                picture: member.picture, position: index)
            })
        ], model: axis)
      Row {
        lossTable(study, axis)
        Chart(
          "How much of each frequency there is again", x: .log("frequency in cycles per pixel"),
          y: .linear("power of the reconstruction over that of the picture", in: 0...1.6),
          curves: zip(members, ideas).enumerated().map { index, entry in
            let (member, idea) = entry
            return Curve(
              of: Quantity(Math("\"" + member.name + "\""), member.name, idea),
              x: member.frequencies, y: member.kept, choice: (axis, index))
          },
          markers: [
            .x(.fixed(0.5 / Double(study.factor)), "1/(2 f)", .neutral),
            .y(.fixed(1), "as much as in the picture", .neutral),
          ])
      }
    }
  }

  private var ideas: [Idea] { [.neutral, .prediction, .noise, .condition] }

  private func lossTable(_ study: LossStudy, _ axis: Axis) -> Table {
    Table(
      "Means over photographs that no training met; last, the power above 1/(2 f) that is there again",
      columns: [
        "taught by", "\(math: "w_p")", "\(math: "w_a")", "PSNR, dB", "SSIM", "distance", "power",
      ],
      rows: study.members.map { member in
        [
          .prose(Prose(member.name)), .number(member.perceptualWeight, .decimals(1)),
          .number(member.adversarialWeight, .decimals(1)),
          .number(member.psnr, .decimals(2)), .number(member.ssim, .decimals(3)),
          .number(member.perceptualDistance, .decimals(3)),
          .number(study.keptBeyondCutoff(member), .percent(0)),
        ]
      }, follows: axis)
  }

  /// Who is ahead in what, read off the table.
  private func reading(_ study: LossStudy) -> Prose {
    let members = study.members
    guard let near = members.max(by: { $0.psnr < $1.psnr }),
      let alike = members.min(by: { $0.perceptualDistance < $1.perceptualDistance }),
      let sharp = members.max(by: { study.keptBeyondCutoff($0) < study.keptBeyondCutoff($1) })
    else { return "" }
    return """
      Nearest in pixels is “\(near.name)” (\(near.psnr, .decimals(2)) dB), nearest in what a network \
      sees “\(alike.name)” (\(alike.perceptualDistance, .decimals(3))), and most of the fine grain \
      comes back with “\(sharp.name)” (\(study.keptBeyondCutoff(sharp), .percent(0)) of the power \
      above \(math: "1/(2 f)"), right or wrong).
      """
  }
}
