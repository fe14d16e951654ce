using Runctl.Guarding;

namespace Runctl.Core.Tests.Guarding;

public sealed class GuardProgramTests
{
    [Fact]
    public void The_same_sources_give_the_same_bytes_in_any_order()
    {
        var one = new GuardProgram(new Dictionary<string, byte[]> { ["a.py"] = [1, 2], ["b/c.py"] = [3] });
        var other = new GuardProgram(new Dictionary<string, byte[]> { ["b/c.py"] = [3], ["a.py"] = [1, 2] });
        Assert.Equal(one.Hash, other.Hash);
        Assert.Equal(one.Archive, other.Archive);
    }

    [Fact]
    public void A_byte_that_moves_from_one_file_to_the_next_changes_the_hash()
    {
        var one = new GuardProgram(new Dictionary<string, byte[]> { ["a.py"] = [1, 2], ["b.py"] = [3] });
        var other = new GuardProgram(new Dictionary<string, byte[]> { ["a.py"] = [1], ["b.py"] = [2, 3] });
        Assert.NotEqual(one.Hash, other.Hash);
    }

    [Fact]
    public void What_only_people_read_is_not_sent()
    {
        const string Source = """"
            """Module."""
            import os


            # A remark
            def act():
                """Over
                # two lines.
                """
                return "# text"  # kept

            """";
        var sent = GuardSource.Strip(System.Text.Encoding.UTF8.GetBytes(Source));
        Assert.Equal("import os\ndef act():\n    return \"# text\"  # kept\n", System.Text.Encoding.UTF8.GetString(sent));
    }

    [Fact]
    public void The_embedded_guard_fits_into_commands()
    {
        var program = GuardProgram.Current;
        var parcel = new ChunkedFile(program.Path, program.Archive, gzip: true);
        var scripts = parcel.FitsOneCommand ? [new GuardCommand(["status", "--events", "20"]).DeliveringScript(program, parcel)] : parcel.Pieces;
        // Documents and parameters of a command may have 64 KB in all.
        Assert.All(scripts, s => Assert.InRange(s.Length, 1, 63_000));
        Assert.InRange(scripts.Count, 1, 4);
    }
}
