import Foundation
import Pages

/// A square that follows the pointer over the picture, and the same place in every reconstruction at
/// once, pixel by pixel, with the PSNR there beside that of the whole picture.
struct LoupePanel: Panel {
  /// One reconstruction.
  struct Item {
    let name: String
    /// Pictures with the same number stand below each other, smaller ones further left.
    let column: Int
    /// Of the whole picture, in dB.
    let psnr: Double
    let picture: Picture
    /// On the page's axis of models; nil for baselines.
    var position: Int?
  }

  /// What stands in one row.
  struct Group {
    let title: String
    let items: [Item]
  }

  private struct Entry: Encodable {
    let name: String
    let group: String
    /// From 2 on; the original stands in the first column.
    let column: Int
    /// PSNR of the whole picture, as text.
    let psnr: String
    /// Among the panel's pictures; the first is the original.
    let picture: Int
    let position: Int?
  }

  private struct Contents: Encodable {
    let axis: String
    let width: Int
    let height: Int
    let sides: [Int]
    let start: Int
    let columns: Int
    let entries: [Entry]
  }

  private let panel: Custom

  /// - Parameter model: the axis that a click on a reconstruction moves.
  init(original: Picture, groups: [Group], model: Axis) {
    let shorter = min(original.width, original.height)
    let sides = [8, 16, 32, 64].filter { $0 < shorter }
    let places = Array(Set(groups.flatMap { $0.items.map(\.column) })).sorted()
    let items = groups.flatMap { group in group.items.map { (group.title, $0) } }
    panel = Custom(
      markup: """
        <div class="loupe"><div class="overview"><p class="lens" role="group" aria-label="Lens">\
        </p><div class="under-lens" tabindex="0" role="application" \
        aria-label="Picture: arrow keys move the lens"><canvas role="img" aria-label="Original">\
        </canvas><i></i></div><p class="place-of-lens"></p></div>\
        <div class="crops"></div></div>
        """,
      data: Contents(
        axis: model.name, width: original.width, height: original.height, sides: sides,
        start: sides.count > 2 ? 2 : max(sides.count - 1, 0), columns: places.count + 1,
        entries: items.enumerated().map { index, entry in
          let (group, item) = entry
          return Entry(
            name: item.name, group: group,
            column: (places.firstIndex(of: item.column) ?? 0) + 2,
            psnr: NumberFormat.decimals(2).text(item.psnr), picture: index + 1,
            position: item.position)
        }),
      pictures: [original] + items.map(\.1.picture), axes: [model], code: .loupe)
  }

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }
}
