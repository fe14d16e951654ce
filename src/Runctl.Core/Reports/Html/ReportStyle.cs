namespace Runctl.Reports.Html;

/// <summary>The style sheet of a report. Colours are those of Okabe and Ito, which people with any kind of colour vision can tell apart, darker on white and lighter on black.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root{color-scheme:light dark;--bg:#fff;--box:#f5f7f9;--fg:#1b1f24;--dim:#515b66;--line:#cfd6dd;--track:#e4e8ec;
        --c0:#0072b2;--c1:#d55e00;--c2:#007a59;--c3:#a8497f;--c4:#8a6d00;--c5:#5b5fc7;--ok:#007a59;--run:#0072b2;--bad:#d55e00;--off:#6b7580;--cut:#b35900;
        --a0:#f0b429;--a1:#b35900;--a2:#e69f00;--a3:#8f4a00;--a4:#d98200;--a5:#6e3b00;--b0:#aab3bc;--b1:#56a7dc;--b2:#0072b2;--b3:#2aa889;--b4:#00634a;--b5:#7a7fd9}
        @media(prefers-color-scheme:dark){:root{--bg:#0f1419;--box:#182028;--fg:#e6edf3;--dim:#a3aeb9;--line:#3a4652;--track:#26303a;
        --c0:#56b4e9;--c1:#ff8f4d;--c2:#35c99f;--c3:#e08fbe;--c4:#f0d24a;--c5:#a5a8ff;--ok:#35c99f;--run:#56b4e9;--bad:#ff8f4d;--off:#8d99a5;--cut:#f0a53a;
        --a0:#ffd166;--a1:#c9720f;--a2:#f2b134;--a3:#a35a0a;--a4:#e8951c;--a5:#8a4d08;--b0:#6c7884;--b1:#8fd0f7;--b2:#3d9bd6;--b3:#63dcb9;--b4:#1f9c7a;--b5:#a5a8ff}}
        *{box-sizing:border-box}
        body{margin:0 auto;padding:24px 20px 48px;max-width:1180px;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:break-word}
        h1,.dim,dd,li,p,.long,.long *{overflow-wrap:anywhere}
        h1{font-size:24px;line-height:1.25;margin:0 0 4px}
        h2{font-size:18px;margin:36px 0 10px;padding-top:14px;border-top:1px solid var(--line)}
        p{margin:6px 0}
        .dim,figcaption,footer{color:var(--dim);font-size:13px}
        .state{display:inline-block;border:2px solid var(--off);border-radius:6px;padding:0 10px;font-size:15px;font-weight:600}
        .finished{border-color:var(--ok)}.running,.preparing,.restoring,.setup,.claimed{border-color:var(--run)}.failed,.lost{border-color:var(--bad)}.interrupted,.interrupting{border-color:var(--cut)}
        .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:18px 0 0}
        .facts div{background:var(--box);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
        dt{color:var(--dim);font-size:13px}
        dd{margin:0;font-size:19px;font-weight:600;line-height:1.3}
        dd small{display:block;font-size:13px;font-weight:400;color:var(--dim)}
        figure{margin:4px 0 0;padding-top:10px}
        .plot{display:block;width:calc(100% - 76px);margin:8px 0 0 56px;overflow:visible}
        .plot text{fill:var(--dim);font-size:12px}
        .plot .name{fill:var(--fg)}
        .curve{fill:none;stroke-width:1.8;stroke-linejoin:round;vector-effect:non-scaling-stroke}
        .grid{stroke:var(--line);stroke-width:1}
        .mark{stroke:var(--cut);stroke-width:1;stroke-dasharray:3 3}
        .track{fill:var(--track)}
        .legend{display:flex;flex-wrap:wrap;gap:2px 18px;margin:8px 0 0 56px;padding:0;list-style:none;font-size:13px}
        .legend svg{width:24px;height:10px;margin-right:6px;overflow:visible}
        table{width:100%;border-collapse:collapse;margin:10px 0 0;font-size:14px;font-variant-numeric:tabular-nums}
        th{text-align:left;color:var(--dim);font-size:13px;font-weight:600;border-bottom:1px solid var(--line);padding:4px 10px 4px 0;vertical-align:bottom}
        td{border-bottom:1px solid var(--line);padding:5px 10px 5px 0;vertical-align:top}
        td small{display:block;color:var(--dim);font-size:13px}
        .n{text-align:right}
        code{overflow-wrap:anywhere;font:13px/1.45 ui-monospace,SFMono-Regular,Consolas,"DejaVu Sans Mono",monospace}
        details{margin:10px 0 0}
        summary{cursor:pointer;color:var(--dim);font-size:13px}
        footer{margin-top:36px;padding-top:14px;border-top:1px solid var(--line)}
        footer ul{margin:4px 0 0;padding-left:18px}
        @media(max-width:700px){body{padding:16px 16px 32px}.w{display:none}.facts{grid-template-columns:1fr 1fr}.plot{width:calc(100% - 66px);margin-left:56px}.legend{margin-left:0}
        thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}tr{display:block;border-bottom:1px solid var(--line);padding:6px 0}
        td{display:grid;grid-template-columns:108px 1fr;gap:8px;border:0;padding:2px 0}td>*{grid-column:2}td::before{color:var(--dim);font-size:13px}td.n{text-align:left}}
        @media print{:root{color-scheme:light}body{max-width:none;padding:0;font-size:12px}h2,figure,tr{break-inside:avoid}h2{break-after:avoid}.facts div{background:none}}
        """;
}
