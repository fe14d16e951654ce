using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Runctl.Logs;

namespace Runctl.Core.Tests.Logs;

public sealed class LineDecoderTests
{
    [Fact]
    public void Cut_anywhere_the_lines_are_the_same() =>
        Gen.Select(Gen.OneOf(Array.ConvertAll(["a", "ß", "日", "\U0001F600", "\n", "\r\n", "\r", " "], s => Gen.Const(s))).Array[0, 40], Gen.Int[1, 7]).Sample((parts, size) =>
        {
            var text = string.Concat(parts);
            // An end is LF with all returns before it; a return alone ends what it follows.
            var expected = Regex.Matches(text, @"(?<line>[^\r\n]*)\r*\n|(?<line>[^\r\n]+)(\r+|$)").Select(m => m.Groups["line"].Value).ToList();
            return Read(Encoding.UTF8.GetBytes(text), size).SequenceEqual(expected);
        });

    [Theory]
    [InlineData("one\r\ntwo\r\n", "one|two")]
    [InlineData("\r\n\r\n", "|")]
    [InlineData("\r  0%\r 50%\r100%\ndone", "  0%| 50%|100%|done")]
    [InlineData("no end", "no end")]
    [InlineData("", "")]
    public void Lines_end_as_on_a_terminal(string text, string lines) => Assert.Equal(lines, string.Join('|', Read(Encoding.UTF8.GetBytes(text), 1)));

    [Fact]
    public void Binary_garbage_is_read_to_its_end()
    {
        var garbage = new byte[1 << 20];
        new Random(1).NextBytes(garbage);
        Assert.Equal(Read(garbage, garbage.Length), Read(garbage, 4093));
        Assert.Equal("\ufffd", Assert.Single(Read([0xe6, 0x97], 1)));
    }

    [Fact]
    public void What_has_no_line_ends_comes_in_pieces_and_does_not_gather()
    {
        var decoder = new LineDecoder();
        var lines = Enumerable.Range(0, 50).SelectMany(_ => decoder.Append(Encoding.UTF8.GetBytes(new string('x', 100_000)))).ToList();
        Assert.All(lines, line => Assert.Equal(LineDecoder.LongestLine, line.Length));
        Assert.Equal(5_000_000, lines.Sum(line => line.Length) + decoder.Rest()!.Length);
    }

    [Theory]
    [InlineData("a\nb\nc\n", 1, 6)]
    [InlineData("a\nb\nc\n", 2, 4)]
    [InlineData("a\nb\nc", 1, 4)]
    [InlineData("a\nb\n", 3, null)]
    [InlineData("\rx\ry\rz", 2, 3)]
    [InlineData("", 1, null)]
    public void A_tail_begins_after_a_line_end(string text, int ends, int? begin)
    {
        var left = ends;
        Assert.Equal(begin, LineEnds.Begin(Encoding.UTF8.GetBytes(text), ref left));
    }

    private static List<string> Read(byte[] data, int size)
    {
        var decoder = new LineDecoder();
        var lines = data.Chunk(size).SelectMany(c => decoder.Append(c)).ToList();
        return decoder.Rest() is { } rest ? [.. lines, rest] : lines;
    }
}
